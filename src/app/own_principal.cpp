#include "app/own_principal.hpp"

#include <utility>

#include "app/gateway.hpp"
#include "base/encoding.hpp"
#include "identity/token_registry.hpp"

namespace kimbap::app {

Result<std::shared_ptr<const AgentPrincipal>> own_principal(
    Gateway& gateway, const std::optional<std::string>& bearer, const std::string& agent) {
    if (!is_utf8(agent)) {
        return make_error(Errc::invalid_argument,
                          "--agent " + to_valid_utf8(agent) + ": not UTF-8");
    }
    if (!bearer) {
        const Config::Stdio& stdio = gateway.config().stdio;
        return std::make_shared<const AgentPrincipal>(agent.empty() ? stdio.agent : agent,
                                                      stdio.roles);
    }
    auto identity = gateway.tokens().authenticate_blocking(*bearer);
    if (!identity) {
        return make_error(Errc::invalid_config, "KIMBAP_TOKEN: " + identity.error().message);
    }
    if ((*identity)->is_operator) {
        return make_error(Errc::invalid_config,
                          "KIMBAP_TOKEN is an operator's token: calls want an agent's "
                          "(`kimbap token create --agent NAME`)");
    }
    if (!agent.empty() && agent != (*identity)->name) {
        return make_error(Errc::invalid_argument, "KIMBAP_TOKEN is the agent " + (*identity)->name +
                                                      "'s, --agent says " + agent +
                                                      " (leave one of them out)");
    }
    return std::make_shared<const AgentPrincipal>(std::move(*identity));
}

}  // namespace kimbap::app
