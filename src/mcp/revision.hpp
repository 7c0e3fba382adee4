#pragma once

#include <optional>
#include <string_view>

namespace kimbap::mcp {

/// Every protocol revision served, oldest first, so that they compare by age.
enum class Revision { v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25, v2026_07_28 };

inline constexpr Revision kLatestLegacy = Revision::v2025_11_25;
inline constexpr Revision kModern = Revision::v2026_07_28;

[[nodiscard]] constexpr std::string_view name(Revision revision) noexcept {
    switch (revision) {
        case Revision::v2024_11_05:
            return "2024-11-05";
        case Revision::v2025_03_26:
            return "2025-03-26";
        case Revision::v2025_06_18:
            return "2025-06-18";
        case Revision::v2025_11_25:
            return "2025-11-25";
        case Revision::v2026_07_28:
            break;
    }
    return "2026-07-28";
}

[[nodiscard]] constexpr std::optional<Revision> parse_revision(std::string_view text) noexcept {
    for (const auto revision : {Revision::v2024_11_05, Revision::v2025_03_26, Revision::v2025_06_18,
                                Revision::v2025_11_25, Revision::v2026_07_28}) {
        if (name(revision) == text) return revision;
    }
    return std::nullopt;
}

[[nodiscard]] constexpr bool is_legacy(Revision revision) noexcept {
    return revision <= kLatestLegacy;
}

}  // namespace kimbap::mcp
