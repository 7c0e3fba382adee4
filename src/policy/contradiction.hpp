#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// Two tests that must both hold for `conditions` to hold, and never do of one value. They may
/// still come out undecided together. nullopt where there are none, or it can't be told.
[[nodiscard]] std::optional<std::pair<const Condition*, const Condition*>> contradiction(
    const std::vector<Condition>& conditions);

}  // namespace kimbap::policy
