#pragma once

#include <string_view>

#include "policy/policy.hpp"

/// Whether one rule takes in another, told from the rules alone. All answers are sure when true;
/// false may also mean that it can't be told.
namespace kimbap::policy {

/// Whether `outer` matches every text that `inner` matches; both are globs.
[[nodiscard]] bool glob_covers(std::string_view outer, std::string_view inner) noexcept;

/// Whether `outer` matches every call that `inner` matches.
[[nodiscard]] bool covers(const Match& outer, const Match& inner);

/// Whether some text matches both; both are globs.
[[nodiscard]] bool globs_meet(std::string_view one, std::string_view other);

/// Whether some call matches both, by its caller, its action and its time.
[[nodiscard]] bool overlap(const Rule& one, const Rule& other);

/// Whether `outer` fits every call that `inner` fits, of those whose conditions can be decided.
[[nodiscard]] bool contains(const Rule& outer, const Rule& inner);

/// Whether a test comes out decided for every call.
[[nodiscard]] bool always_decided(const Condition& test);

/// Whether `earlier`, which contains() `later` and comes first, decides every call that it could:
/// those as well whose conditions can't be decided.
[[nodiscard]] bool leaves_nothing(const Rule& earlier, const Rule& later);

/// Whether no call can match: each action names a service that the services leave out.
[[nodiscard]] bool contradicts_itself(const Match& match);

}  // namespace kimbap::policy
