#include "oauth/needed_scopes.hpp"

#include <algorithm>

namespace kimbap::oauth {

ConnectionId connection_of(const manifests::Auth& auth) {
    ConnectionId id{auth.provider};
    if (!auth.connection.empty()) id.name = auth.connection;
    return id;
}

std::vector<std::string> needed_scopes(const Provider& provider, const ConnectionId& id,
                                       const manifests::ActionRegistry& actions) {
    std::vector<std::string> out;
    const auto add = [&out](const std::string& scope) {
        if (std::find(out.begin(), out.end(), scope) == out.end()) out.push_back(scope);
    };
    for (const std::string& scope : provider.scopes) add(scope);
    for (const auto& registered : actions.actions()) {
        const manifests::Auth& auth = registered.action->auth;
        if (!auth.brokered() || connection_of(auth) != id) continue;
        for (const std::string& scope : auth.scopes) add(scope);
    }
    return out;
}

std::vector<ConnectionId> needed_connections(const manifests::ActionRegistry& actions) {
    std::vector<ConnectionId> out;
    for (const auto& registered : actions.actions()) {
        if (!registered.action->auth.brokered()) continue;
        ConnectionId id = connection_of(registered.action->auth);
        if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(std::move(id));
    }
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return a.text() < b.text(); });
    return out;
}

}  // namespace kimbap::oauth
