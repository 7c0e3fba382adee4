#include "pipeline/prospect.hpp"

#include <algorithm>

#include "identity/identity.hpp"

namespace kimbap::pipeline {

policy::Request request_about(const manifests::RegisteredAction& action) {
    policy::Request request;
    request.service = action.service->name;
    request.action = action.action->name;
    request.action_id = action.id;
    request.risk_level = manifests::name(action.action->risk.level);
    request.mutating = action.action->risk.mutating;
    request.dotted_args = action.dotted_args;
    return request;
}

policy::PolicySet::Prospect prospect_of(const Rules& rules, const Caller& caller,
                                        const manifests::RegisteredAction& action) {
    if (caller.identity && !caller.identity->permits(action.id)) return {};
    policy::Request request = request_about(action);
    request.agent = caller.agent;
    request.token = caller.token;
    request.roles = caller.roles;
    return rules.policy->prospect(request);
}

bool may_see(const Rules& rules, const Caller& caller, const manifests::RegisteredAction& action) {
    return prospect_of(rules, caller, action).possible;
}

bool may_see(const Rules& rules, const Caller& caller, const manifests::Service& service) {
    const auto& actions = rules.actions->actions();
    return std::any_of(actions.begin(), actions.end(), [&](const auto& action) {
        return action.service == &service && may_see(rules, caller, action);
    });
}

}  // namespace kimbap::pipeline
