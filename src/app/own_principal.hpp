#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/principal.hpp"
#include "base/error.hpp"

namespace kimbap::app {

class Gateway;

/// Who a process calls as that nobody connects to over the network (`kimbap mcp`, `kimbap call`):
/// the agent of `bearer` (KIMBAP_TOKEN); without it `agent` where not empty (--agent), else the
/// configuration's stdio agent, with that one's roles. Blocks on the store.
/// Errors: invalid_config for a token that doesn't serve, invalid_argument for an agent that is
/// another than the token's or can't be one's name; the store's.
[[nodiscard]] Result<std::shared_ptr<const AgentPrincipal>> own_principal(
    Gateway& gateway, const std::optional<std::string>& bearer, const std::string& agent);

}  // namespace kimbap::app
