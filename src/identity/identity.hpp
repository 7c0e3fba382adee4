#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace kimbap::identity {

/// Whom a bearer token stands for. Immutable and shared: a call keeps it as long as it needs.
struct Identity {
    std::string token;         ///< tok_…
    std::string name;          ///< The agent's or operator's name.
    bool is_operator = false;  ///< Operators reach /v1 and /metrics, agents the MCP endpoints.
    std::vector<std::string> roles;
    std::vector<std::string> actions;  ///< Globs over service.action; empty: every action.
    std::optional<TimePoint> expires_at;
    std::string owner;  ///< The operator who made the token; "" for whoever runs the machine.

    /// Whether the token's action globs cover `action` (service.action). Policy decides further.
    [[nodiscard]] bool permits(std::string_view action) const;
};

using IdentityPtr = std::shared_ptr<const Identity>;

}  // namespace kimbap::identity
