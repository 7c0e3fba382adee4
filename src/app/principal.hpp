#pragma once

#include "identity/identity.hpp"
#include "mcp/context.hpp"
#include "pipeline/call.hpp"

namespace kimbap::app {

/// Who calls over MCP: an agent's token, or the caller that the configuration names.
class AgentPrincipal final : public mcp::Principal {
public:
    explicit AgentPrincipal(identity::IdentityPtr identity)
        : Principal("token:" + identity->token),
          identity_(std::move(identity)),
          agent_(identity_->name),
          roles_(identity_->roles) {}
    AgentPrincipal(std::string agent, std::vector<std::string> roles)
        : Principal("agent:" + agent), agent_(std::move(agent)), roles_(std::move(roles)) {}

    [[nodiscard]] const identity::IdentityPtr& identity() const { return identity_; }
    [[nodiscard]] pipeline::Caller caller(std::string client) const {
        return {identity_, agent_, identity_ ? identity_->token : "", roles_, std::move(client)};
    }

private:
    identity::IdentityPtr identity_;
    std::string agent_;
    std::vector<std::string> roles_;
};

/// Who makes this request.
[[nodiscard]] inline pipeline::Caller caller_of(const mcp::RequestContext& context) {
    return context.principal_as<AgentPrincipal>().caller(context.client().name);
}

}  // namespace kimbap::app
