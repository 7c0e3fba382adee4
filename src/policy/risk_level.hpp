#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kimbap::policy {

/// The levels that an action's risk may have, from the least to the most.
inline constexpr std::array<std::string_view, 4> kRiskLevels{"low", "medium", "high", "critical"};

/// The place of a level among them; nullopt for any other text.
[[nodiscard]] constexpr std::optional<std::int64_t> risk_rank(std::string_view level) noexcept {
    const auto* const found = std::find(kRiskLevels.begin(), kRiskLevels.end(), level);
    if (found == kRiskLevels.end()) return std::nullopt;
    return found - kRiskLevels.begin();
}

}  // namespace kimbap::policy
