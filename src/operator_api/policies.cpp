#include "operator_api/policies.hpp"

#include "manifests/request.hpp"
#include "operator_api/body_fields.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"

namespace kimbap::operator_api {

namespace json = boost::json;

json::object explain(const pipeline::Rules& rules, const HypotheticalCall& call, TimePoint now) {
    const manifests::RegisteredAction* action = rules.actions->find(call.action);
    policy::Request request;
    request.agent = call.agent;
    request.token = call.token;
    request.roles = call.roles;
    request.client = call.client;
    json::object arguments = call.args;
    if (action != nullptr) manifests::apply_defaults(*action->action, arguments);
    request.args = &arguments;
    const std::size_t dot = call.action.find('.');
    if (action != nullptr) {
        request.service = action->service->name;
        request.action = action->action->name;
        request.action_id = action->id;
        request.risk_level = manifests::name(action->action->risk.level);
        request.mutating = action->action->risk.mutating;
    } else {
        request.service = std::string_view(call.action).substr(0, dot);
        request.action = dot == std::string::npos ? std::string_view(call.action)
                                                  : std::string_view(call.action).substr(dot + 1);
        request.action_id = call.action;
        request.risk_level = call.risk.empty() ? "critical" : std::string_view(call.risk);
        request.mutating = true;
    }
    const policy::Decision decision = rules.policy->decide(request, now, nullptr);
    json::array considered;
    for (const auto& step : rules.policy->explain(request, now)) {
        considered.push_back({{"rule", step.rule->id},
                              {"decision", policy::name(step.rule->decision)},
                              {"decided", step.decided},
                              {"why", step.why}});
    }
    json::object out{
        {"decision", policy::name(decision.outcome)},
        {"rule", decision.rule == nullptr ? json::value(nullptr) : json::value(decision.rule->id)},
        {"action", request.action_id},
        {"known_action", action != nullptr},
        {"risk", {{"level", request.risk_level}, {"mutating", request.mutating}}},
        {"policy", rules.policy->digest()},
        {"considered", std::move(considered)}};
    return out;
}

Task<net::HttpResponse> list_policies(const ApiRequest&, ApiServices& services) {
    const auto rules = services.rules.current();
    json::array list;
    for (const auto& rule : rules->policy->rules()) {
        list.push_back({{"id", rule.id},
                        {"description", rule.description},
                        {"priority", rule.priority},
                        {"decision", policy::name(rule.decision)},
                        {"file", rule.file},
                        {"line", rule.line}});
    }
    json::object body{{"digest", rules->policy->digest()}, {"rules", std::move(list)}};
    co_return json_response(body);
}

Task<net::HttpResponse> explain_policy(const ApiRequest& request, ApiServices& services) {
    BodyFields fields(request.body);
    HypotheticalCall call;
    call.action = fields.text("action");
    call.agent = fields.text("agent");
    call.token = fields.text("token");
    call.client = fields.text("client");
    call.risk = fields.text("risk");
    call.roles = fields.texts("roles");
    call.args = fields.object("args");
    if (auto refused = fields.refusal()) co_return std::move(*refused);
    if (call.action.empty()) co_return problem(400, "\"action\" is missing (service.action)");
    json::object body = explain(*services.rules.current(), call, services.clock.now());
    co_return json_response(body);
}

}  // namespace kimbap::operator_api
