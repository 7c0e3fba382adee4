#include "identity/identity.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

namespace {

std::string denial(const Call& call) {
    const policy::Rule* rule = call.decision.rule;
    if (rule == nullptr) {
        return call.rules->policy->empty()
                   ? "Denied: no policy is loaded, so nothing is allowed. Tell an operator."
                   : "Denied by policy: no rule allows " + call.action->id +
                         " for this caller. Don't retry; ask an operator if it is needed.";
    }
    if (call.decision.wait.count() > 0) {
        const auto seconds = (call.decision.wait.count() + 999) / 1000;
        return "Denied by policy: the allowance of rule \"" + rule->id + "\" (" +
               std::to_string(rule->rate->max_requests) + " in " +
               std::to_string(rule->rate->window.count()) + " s) is used up. Try again in " +
               std::to_string(seconds) + " seconds.";
    }
    return "Denied by policy (rule \"" + rule->id + "\"" +
           (rule->description.empty() ? "" : ": " + rule->description) +
           "). Don't retry with the same arguments; ask an operator if it is needed.";
}

/// Says how allowances stand and leaves them so.
class Looking final : public policy::RateLimiter {
public:
    explicit Looking(policy::RateLimiter& limiter) : limiter_(limiter) {}
    std::chrono::milliseconds ask(std::string_view key, const policy::RateLimit& limit,
                                  TimePoint now, bool) override {
        return limiter_.ask(key, limit, now, false);
    }

private:
    policy::RateLimiter& limiter_;
};

}  // namespace

bool authorize(Call& call, Services& services, Allowance allowance) {
    const auto& identity = call.request.caller.identity;
    if (identity && !identity->permits(call.action->id)) {
        call.result.decision = "deny";
        call.decided = true;
        call.refused_by_token = true;
        return call.end(Disposition::denied, "Denied: this token does not cover " +
                                                 call.action->id +
                                                 ". Ask an operator for one that does.");
    }
    Looking looking(services.limiter);
    policy::RateLimiter& limiter = allowance == Allowance::look
                                       ? static_cast<policy::RateLimiter&>(looking)
                                       : services.limiter;
    call.decision =
        call.rules->policy->decide(call.policy_request(), services.clock.now(), &limiter);
    call.decided = true;
    call.result.decision = policy::name(call.decision.outcome);
    call.result.rule = call.decision.rule_id();
    if (const auto* observer = call.request.observer; observer && observer->wants_steps()) {
        call.request.observer->step(
            "decided", {{"decision", call.result.decision}, {"rule", call.result.rule}});
    }
    if (call.decision.outcome == policy::Outcome::deny) {
        return call.end(Disposition::denied, denial(call));
    }
    return true;
}

}  // namespace kimbap::pipeline::stages
