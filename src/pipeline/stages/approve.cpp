#include <algorithm>

#include "approval/approval_manager.hpp"
#include "base/json_text.hpp"
#include "identity/token_registry.hpp"
#include "pipeline/outcome.hpp"
#include "pipeline/resumption.hpp"
#include "pipeline/sanitize.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

namespace {

/// How often a held caller is told that its call still waits.
constexpr std::chrono::seconds kTell{5};

std::string pending_message(const Call& call, const approval::Approval& approval) {
    return "This call waits for an operator's approval: " + approval.id + " (rule \"" +
           approval.rule + "\"), until " + format_time(approval.expires_at) +
           ". Nothing was done yet. Collect the outcome with the tool kimbap_approval_result and "
           "{\"approval\": \"" +
           approval.id + "\", \"wait_seconds\": 30}; calling " + call.action->id +
           " again with the same arguments joins this request.";
}

std::string refusal(const approval::Approval& approval) {
    std::string reason;
    for (const auto& vote : approval.standing.votes) {
        if (!vote.reason.empty()) reason = ": " + vote.reason;
    }
    switch (approval.state()) {
        case approval::State::denied:
            return "An operator denied this call (" + approval.id + ")" + reason +
                   ". Don't try it again unless something changed.";
        case approval::State::expired:
            return "The approval " + approval.id +
                   " expired before an operator decided. Call again if it is still needed.";
        default:
            return "The request for approval " + approval.id + " was withdrawn.";
    }
}

/// Waits, telling the caller that it still does, until `until` or the hold is over.
Task<Result<approval::Approval>> hold(Call& call, Services& services, const std::string& id,
                                      approval::Until until) {
    const auto tell = [&call, message = "waiting for approval " + id, told = 0.0]() mutable {
        if (call.request.observer == nullptr || call.request.hold.count() <= 0) return;
        if (told == 0) call.request.observer->note(NoteLevel::info, message);
        call.request.observer->progress(++told, std::nullopt, message);
    };
    approval::Reminder reminder{kTell, tell};
    reminder.remind();
    auto waiting = services.approvals.wait(id, until, call.started + call.request.hold,
                                           call.request.cancel, std::move(reminder));
    co_return co_await std::move(waiting);
}

/// The outcome of a call that another process, or an earlier holder, ran.
Task<bool> collect(Call& call, Services& services, const std::string& id) {
    const std::string key = call.request.caller.key();
    auto collecting = services.approvals.outcome(id, key);
    const auto collected = co_await std::move(collecting);
    if (!collected) co_return call.end(Disposition::unavailable, collected.error().message);
    call.result = result_of(*collected);
    co_return false;
}

void put_decision(Call& call, policy::Outcome outcome, std::string_view rule) {
    call.result.decision = policy::name(outcome);
    call.result.rule = rule;
}

/// What policy says of the call now. Its record tells of that, should the call be refused.
void decide_again(Call& call, const Services& services) {
    call.decision =
        call.rules->policy->decide(call.policy_request(), services.clock.now(), nullptr);
    put_decision(call, call.decision.outcome, call.decision.rule_id());
    call.decided = true;
}

/// Whether policy, asked again, still allows a call that was allowed, or still puts one to
/// operators as those who approved it were asked: by the same rule, with the same demands.
bool still_covered(const Call& call, const Services& services, const approval::Approval& stored) {
    const policy::PolicySet& policy = *call.rules->policy;
    const policy::Decision& decision = call.decision;
    // Time passed: what was put to approval may be outside its window, and denied by now.
    if (decision.outcome == policy::Outcome::deny) return false;
    if (policy.digest() == stored.policy) return true;
    if (decision.rule_id() != stored.rule) return false;
    if (stored.state() == approval::State::detached) {
        return decision.outcome == policy::Outcome::allow;
    }
    if (decision.outcome != policy::Outcome::require_approval) return false;
    const policy::ApprovalSpec& asks = decision.rule->approval;
    return asks.required.value_or(services.settings.approvals_required) == stored.required &&
           asks.approvers == stored.approvers && asks.token_proof == stored.token_proof;
}

/// Uses one up of the allowance of the rule that put the call to approval.
bool take_allowance(Call& call, Services& services, const std::string& approved_rule) {
    const policy::PolicySet& policy = *call.rules->policy;
    for (const policy::Rule& rule : policy.rules()) {
        if (rule.id != approved_rule || !rule.rate) continue;
        const auto wait = policy.take_allowance(rule, call.policy_request(), services.clock.now(),
                                                services.limiter);
        if (wait.count() <= 0) continue;
        return call.end(Disposition::denied, "Refused: the allowance of rule \"" + approved_rule +
                                                 "\" was used up meanwhile. Call again in " +
                                                 std::to_string((wait.count() + 999) / 1000) +
                                                 " seconds.");
    }
    return true;
}

}  // namespace

approval::SuspendedCall suspended(const Call& call, const Services& services) {
    const manifests::Action& action = *call.action->action;
    const policy::Rule* const rule = call.decision.rule;
    approval::SuspendedCall out;
    out.call = call.result.call;
    out.caller = {call.request.caller.agent, call.request.caller.token, call.request.caller.roles,
                  call.request.caller.client};
    out.caller_key = call.request.caller.key();
    if (call.request.caller.identity) out.owner = call.request.caller.identity->owner;
    out.action = call.action->id;
    out.service = call.action->service->name;
    out.risk = manifests::name(action.risk.level);
    out.mutating = action.risk.mutating;
    out.idempotent = action.idempotent || !action.idempotency_header.empty();
    out.parameters = redact(call.request.arguments, call.action->sensitive);
    out.confirmation = call.confirmation;
    out.rule = call.result.rule;
    out.policy = call.rules->policy->digest();
    out.binding = call.bound.empty() ? call.binding(out.policy) : call.bound;
    out.payload = to_payload(call);
    out.spec.required = services.settings.approvals_required;
    out.spec.expires = services.settings.approval_expires;
    if (rule == nullptr) return out;
    out.spec.required = rule->approval.required.value_or(out.spec.required);
    out.spec.expires = rule->approval.expires.value_or(out.spec.expires);
    out.spec.channels = rule->approval.channels;
    out.spec.approvers = rule->approval.approvers;
    out.spec.token_proof = rule->approval.token_proof;
    return out;
}

Task<bool> approve(Call& call, Services& services) {
    auto suspending = services.approvals.request(suspended(call, services));
    const auto requested = co_await std::move(suspending);
    if (!requested) {
        co_return call.end(
            Disposition::unavailable,
            "The call needs an approval, which can't be requested: " + requested.error().message);
    }
    const std::string id = requested->approval.id;
    call.result.approval = id;
    call.result.call = requested->approval.call;
    call.joined = requested->joined;
    if (call.request.observer != nullptr) call.request.observer->held(id);
    auto holding = hold(call, services, id, approval::Until::decided);
    auto state = co_await std::move(holding);
    if (!state && state.error().code == Errc::cancelled) {
        // The last to go takes it back: the same call, made again, waits for it as well.
        if (!services.approvals.awaited(id)) {
            auto withdrawing = services.approvals.withdraw(id, call.request.caller.key());
            static_cast<void>(co_await std::move(withdrawing));
        }
        co_return call.end(Disposition::cancelled, "The call was withdrawn.");
    }
    if (!state) co_return call.end(Disposition::unavailable, state.error().message);
    if (state->state() == approval::State::pending) {
        co_return call.end(Disposition::pending, pending_message(call, *state));
    }
    if (state->state() != approval::State::approved) {
        co_return call.end(Disposition::not_approved, refusal(*state));
    }
    auto claiming = services.approvals.claim(id);
    auto claimed = co_await std::move(claiming);
    if (claimed) {
        call.claim = std::move(*claimed);
        call.obey(call.claim->claim.stopped());
        auto checking = recheck(call, services, call.claim->approval);
        co_return co_await std::move(checking);
    }
    // Another holder or process runs it: its outcome is this call's too.
    auto finishing = hold(call, services, id, approval::Until::final);
    state = co_await std::move(finishing);
    if (!state) co_return call.end(Disposition::unavailable, state.error().message);
    co_return co_await collect(call, services, id);
}

Task<bool> recheck(Call& call, Services& services, const approval::Approval& stored) {
    const bool detached = stored.state() == approval::State::detached;
    const auto granted = detached ? policy::Outcome::allow : policy::Outcome::require_approval;
    // Until policy is asked again, that is what was decided about it.
    call.stored = &stored;
    call.decided = false;
    call.decision = {};
    put_decision(call, granted, stored.rule);
    auto identified = identify(call, services);
    if (!co_await std::move(identified)) co_return false;
    const auto changed = [&](std::string what) {
        return call.end(Disposition::denied,
                        "Refused: " + what +
                            " after the call was requested, so that the approval no longer covers "
                            "it. Call again.");
    };
    const std::string tool = call.request.tool;
    // It may have been held for long: what is in force now counts, not what was when it came.
    call.rules = services.rules.current();
    call.action = nullptr;
    if (!resolve(call)) co_return changed("the action " + tool + " changed");
    decide_again(call, services);
    if (call.binding(stored.policy) != stored.binding)
        co_return changed("the action's request changed");
    const auto& identity = call.request.caller.identity;
    if (identity && !identity->permits(call.action->id)) {
        put_decision(call, policy::Outcome::deny, "");
        co_return changed("the token's reach changed");
    }
    if (!still_covered(call, services, stored)) co_return changed("the policy changed");
    put_decision(call, granted, stored.rule);
    if (detached) co_return true;  // its allowance was taken when it was allowed
    co_return take_allowance(call, services, stored.rule);
}

}  // namespace kimbap::pipeline::stages
