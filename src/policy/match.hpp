#pragma once

#include <string_view>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// Whether any of the globs fits; an empty list stands for everything.
[[nodiscard]] bool any_matches(const std::vector<std::string>& patterns, std::string_view text);

/// The first of a rule's lists that the request falls outside of ("agents"); "" where it falls into
/// all of them.
[[nodiscard]] std::string_view mismatch(const Match& match, const Request& request);

/// Whether the window is open on a day of the week (0: Sunday) at a time of that day, both local.
[[nodiscard]] bool open_at(const TimeWindow& window, unsigned weekday, std::chrono::minutes time);

/// Whether `now` falls into the window, by the local clock of its zone.
[[nodiscard]] bool in_window(const TimeWindow& window, TimePoint now);

}  // namespace kimbap::policy
