#pragma once

#include <string>
#include <vector>

#include "manifests/action_registry.hpp"
#include "oauth/connection.hpp"

namespace kimbap::oauth {

/// The connection that an action's `auth: {type: oauth2}` names.
[[nodiscard]] ConnectionId connection_of(const manifests::Auth& auth);

/// What to ask a provider for: its own default scopes and those of the actions that use the
/// connection, each once, in order.
[[nodiscard]] std::vector<std::string> needed_scopes(const Provider& provider,
                                                     const ConnectionId& id,
                                                     const manifests::ActionRegistry& actions);

/// The connections that actions use, sorted by text(), each once.
[[nodiscard]] std::vector<ConnectionId> needed_connections(
    const manifests::ActionRegistry& actions);

}  // namespace kimbap::oauth
