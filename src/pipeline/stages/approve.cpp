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

using Steady = std::chrono::steady_clock;
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
    const auto deadline = call.started + call.request.hold;
    double told = 0;
    for (;;) {
        if (call.request.observer != nullptr && call.request.hold.count() > 0) {
            const std::string message = "waiting for approval " + id;
            if (told == 0) call.request.observer->note(NoteLevel::info, message);
            call.request.observer->progress(++told, std::nullopt, message);
        }
        const auto next = std::min(deadline, Steady::now() + kTell);
        auto waiting = services.approvals.wait(id, until, next, call.request.cancel);
        auto state = co_await std::move(waiting);
        if (!state || Steady::now() >= deadline) co_return state;
        const bool decided = state->state() != approval::State::pending;
        const bool final = decided && (state->state() != approval::State::approved ||
                                       state->execution() == approval::Execution::done ||
                                       state->execution() == approval::Execution::failed ||
                                       state->execution() == approval::Execution::unknown);
        if (until == approval::Until::decided ? decided : final) co_return state;
    }
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

}  // namespace

approval::SuspendedCall suspended(const Call& call, const Services& services) {
    const manifests::Action& action = *call.action->action;
    const policy::Rule* const rule = call.decision.rule;
    approval::SuspendedCall out;
    out.call = call.result.call;
    out.caller = {call.request.caller.agent, call.request.caller.token, call.request.caller.roles,
                  call.request.caller.client};
    out.caller_key = call.request.caller.key();
    out.action = call.action->id;
    out.service = call.action->service->name;
    out.risk = manifests::name(action.risk.level);
    out.mutating = action.risk.mutating;
    out.idempotent = action.idempotent || !action.idempotency_header.empty();
    out.parameters = redact(call.request.arguments, call.action->sensitive);
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
        auto withdrawing = services.approvals.withdraw(id, call.request.caller.key());
        static_cast<void>(co_await std::move(withdrawing));
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
    auto identified = identify(call, services);
    if (!co_await std::move(identified)) co_return false;
    const auto changed = [&](std::string what) {
        return call.end(Disposition::denied,
                        "Refused: " + what +
                            " after the call was requested, so that the approval no longer covers "
                            "it. Call again.");
    };
    const std::string tool = call.request.tool;
    if (!resolve(call)) co_return changed("the action " + tool + " changed");
    if (call.binding(stored.policy) != stored.binding)
        co_return changed("the action's request changed");
    const auto& identity = call.request.caller.identity;
    if (identity && !identity->permits(call.action->id))
        co_return changed("the token's reach changed");
    const auto decision =
        call.rules->policy->decide(call.policy_request(), services.clock.now(), nullptr);
    if (call.rules->policy->digest() != stored.policy &&
        (decision.outcome != granted || decision.rule_id() != stored.rule)) {
        co_return changed("the policy changed");
    }
    call.result.decision = policy::name(granted);
    call.result.rule = stored.rule;
    call.decided = true;
    if (detached) co_return true;  // its allowance was taken when it was allowed
    const policy::Rule* rule = nullptr;
    for (const policy::Rule& one : call.rules->policy->rules()) {
        if (one.id == stored.rule) rule = &one;
    }
    if (rule != nullptr && rule->rate) {
        const auto wait = call.rules->policy->take_allowance(
            *rule, call.policy_request(), services.clock.now(), services.limiter);
        if (wait.count() > 0) {
            co_return call.end(Disposition::denied,
                               "Refused: the allowance of rule \"" + stored.rule +
                                   "\" was used up meanwhile. Call again in " +
                                   std::to_string((wait.count() + 999) / 1000) + " seconds.");
        }
    }
    co_return true;
}

}  // namespace kimbap::pipeline::stages
