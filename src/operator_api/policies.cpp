#include "operator_api/policies.hpp"

#include "manifests/request.hpp"
#include "operator_api/body_fields.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"
#include "pipeline/prospect.hpp"

namespace kimbap::operator_api {

namespace json = boost::json;

PolicyQuestion::PolicyQuestion(const pipeline::Rules& rules, const HypotheticalCall& call)
    : action_(rules.actions->find(call.action)), given_(!call.args.empty()), arguments_(call.args) {
    if (action_ != nullptr) {
        manifests::apply_defaults(*action_->action, arguments_);
        request_ = pipeline::request_about(*action_);
    }
    request_.agent = call.agent;
    request_.token = call.token;
    request_.roles = call.roles;
    request_.client = call.client;
    request_.args = &arguments_;
    if (action_ != nullptr) return;
    const std::string_view id = call.action;
    const std::size_t dot = id.find('.');
    request_.service = id.substr(0, dot);
    request_.action = dot == std::string_view::npos ? id : id.substr(dot + 1);
    request_.action_id = id;
    request_.risk_level = call.risk.empty() ? "critical" : std::string_view(call.risk);
    request_.mutating = call.mutating;
}

std::vector<std::string> PolicyQuestion::argument_faults() const {
    if (action_ == nullptr || !given_) return {};
    return action_->schema.validate(boost::json::value(arguments_));
}

json::object explain(const pipeline::Rules& rules, const HypotheticalCall& call, TimePoint now) {
    const PolicyQuestion question(rules, call);
    const policy::Request& request = question.request();
    const policy::Decision decision = rules.policy->decide(request, now, nullptr);
    json::array considered;
    for (const auto& step : rules.policy->explain(request, now)) {
        considered.push_back({{"rule", step.rule->id},
                              {"decision", policy::name(step.rule->decision)},
                              {"decided", step.decided},
                              {"why", step.why}});
    }
    json::array unfit;
    for (std::string& fault : question.argument_faults()) unfit.emplace_back(std::move(fault));
    json::object caller{{"agent", call.agent},
                        {"roles", json::array(call.roles.begin(), call.roles.end())}};
    if (!call.token.empty()) caller["token"] = call.token;
    if (!call.client.empty()) caller["client"] = call.client;
    json::object out{
        {"decision", policy::name(decision.outcome)},
        {"rule", decision.rule == nullptr ? json::value(nullptr) : json::value(decision.rule->id)},
        {"caller", std::move(caller)},
        {"action", request.action_id},
        {"known_action", question.declared()},
        {"risk", {{"level", request.risk_level}, {"mutating", request.mutating}}},
        {"argument_faults", std::move(unfit)},
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
