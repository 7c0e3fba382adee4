#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"

namespace kimbap::store {

/// A bearer token as stored: its SHA-256 and what it stands for. The token itself is never stored;
/// it carries 256 random bits, so that a plain hash can't be searched.
struct TokenRow {
    std::string id;            ///< tok_…
    bool is_operator = false;  ///< Operators reach /v1 and /metrics, agents the MCP endpoints.
    std::string name;          ///< The agent's or operator's name.
    std::vector<std::string> roles;
    std::vector<std::string> actions;  ///< Globs over service.action; empty: every action.
    std::string owner;  ///< The operator who made it; "" for whoever runs the machine.
    Sha256 hash{};
    TimePoint created_at;
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> revoked_at;
};

class TokenStore {
public:
    virtual ~TokenStore() = default;
    /// Every token, revoked ones included, oldest first.
    [[nodiscard]] virtual Result<std::vector<TokenRow>> list() const = 0;
    /// Errors: already_exists.
    virtual Result<void> insert(const TokenRow& row) = 0;
    /// Errors: not_found; conflict where it is revoked already.
    virtual Result<void> revoke(std::string_view id, TimePoint at) = 0;
};

}  // namespace kimbap::store
