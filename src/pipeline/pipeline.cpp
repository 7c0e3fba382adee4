#include "pipeline/pipeline.hpp"

#include "approval/approval_manager.hpp"
#include "audit/record.hpp"
#include "base/failpoint.hpp"
#include "net/http_client.hpp"
#include "pipeline/call_metrics.hpp"
#include "pipeline/outcome.hpp"
#include "pipeline/resumption.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline {

namespace {

/// One more, as long as it lives.
class Counted {
public:
    explicit Counted(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --count_; }

private:
    std::atomic<std::size_t>& count_;
};

}  // namespace

/// The order of the stages. Policy is decided before any credential is touched, and again after the
/// user was asked, which takes its time; a suspended call resumes at the credential stage.
Task<void> Pipeline::walk(Call& call) {
    auto identified = stages::identify(call, services_);
    if (!co_await std::move(identified)) co_return;
    if (!stages::resolve(call)) co_return;
    if (call.action->action->confirm) {
        if (!stages::authorize(call, services_, stages::Allowance::look)) co_return;
        auto confirmed = stages::confirm(call, services_);
        if (!co_await std::move(confirmed)) co_return;
    }
    if (!stages::authorize(call, services_, stages::Allowance::take)) co_return;
    if (call.decision.outcome == policy::Outcome::require_approval) {
        auto approved = stages::approve(call, services_);
        if (!co_await std::move(approved)) co_return;
    }
    auto acting = act(call);
    co_await std::move(acting);
}

Task<void> Pipeline::act(Call& call) {
    if (call.acts) {
        call.bound = call.binding(call.rules->policy->digest());
        call.acts();
    }
    auto opened = stages::credential(call, services_, http_);
    if (!co_await std::move(opened)) co_return;
    failpoint("call.credential");
    const manifests::Action& action = *call.action->action;
    if (!action.idempotent || audit_failed_) {
        auto recorded = stages::record_start(call, services_);
        audit_failed_ = !co_await std::move(recorded);
        if (audit_failed_) co_return;
    }
    failpoint("call.started");
    auto executed = stages::execute(call, services_, http_);
    co_await std::move(executed);
}

Task<CallResult> Pipeline::run(CallRequest request) {
    Call call(std::move(request), services_.rules.current());
    auto walking = walk(call);
    co_await std::move(walking);
    auto ending = end(call);
    co_await std::move(ending);
    co_return std::move(call.result);
}

Task<void> Pipeline::end(Call& call) {
    if (call.attempts > 0) call.result.http_status = call.http_status;
    auto recorded = stages::record_end(call, services_);
    co_await std::move(recorded);
    if (call.result.disposition == Disposition::unavailable && call.attempts > 0)
        audit_failed_ = true;
    services_.metrics.record(call.result.disposition,
                             std::chrono::steady_clock::now() - call.started);
}

Task<CallResult> Pipeline::collect(Caller caller, std::string approval,
                                   std::chrono::milliseconds wait, async::CancelToken cancel) {
    CallResult out;
    out.approval = approval;
    const std::string key = caller.key();
    auto asking = services_.approvals.outcome(approval, key);
    auto collected = co_await std::move(asking);
    if (collected && !collected->outcome && wait.count() > 0) {
        // Only its own caller gets to wait on it: asked and answered above.
        const auto deadline = std::chrono::steady_clock::now() + wait;
        auto waiting =
            services_.approvals.wait(approval, approval::Until::final, deadline, std::move(cancel));
        static_cast<void>(co_await std::move(waiting));
        auto again = services_.approvals.outcome(approval, key);
        collected = co_await std::move(again);
    }
    if (!collected) {
        out.disposition = Disposition::failed;
        out.message = collected.error().code == Errc::not_found
                          ? "No approval of yours is called " + approval +
                                ". Outcomes are kept for 24 hours; kimbap_approval_result without "
                                "`approval` lists yours."
                          : collected.error().message;
        co_return out;
    }
    co_return result_of(*collected);
}

Task<Result<approval::Resumed>> Pipeline::resume(const approval::ClaimedCall& claimed) {
    auto request = from_payload(claimed.payload);
    if (!request) co_return request.error();
    const Counted counted(resumed_count_);
    request->cancel = claimed.claim.stopped();
    Call call(std::move(*request), services_.rules.current());
    call.result.call = claimed.approval.call;
    const bool detached = claimed.approval.state() == approval::State::detached;
    (detached ? call.result.task : call.result.approval) = claimed.approval.id;
    auto checked = stages::recheck(call, services_, claimed.approval);
    if (co_await std::move(checked)) {
        auto acting = act(call);
        co_await std::move(acting);
    }
    approval::Resumed out;
    out.succeeded = call.result.disposition == Disposition::succeeded;
    call.result.http_status = call.http_status;
    out.outcome = to_outcome(call.result);
    out.record = stages::end_record(call, services_);
    services_.metrics.record(call.result.disposition,
                             std::chrono::steady_clock::now() - call.started);
    co_return out;
}

}  // namespace kimbap::pipeline
