#include "pipeline/detachment.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "approval/approval_manager.hpp"
#include "approval/child_tasks.hpp"
#include "approval/execution.hpp"
#include "pipeline/outcome.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline {

namespace {

using Steady = std::chrono::steady_clock;

/// Calls of one thread that run beside their requests. Beyond it a request waits for its call.
constexpr std::size_t kMaxBeside = 256;

Task<void> wait_on(asio::steady_timer& timer) {
    const auto token = asio::as_tuple(asio::use_awaitable);
    co_await timer.async_wait(token);
}

}  // namespace

Pipeline::Beside::Beside(CallRequest asked, std::shared_ptr<const Rules> in_force,
                         const asio::any_io_executor& executor)
    : observer(asked.observer),
      call(std::move(asked), std::move(in_force)),
      ended_or_due(executor),
      stored(executor, Steady::time_point::max()) {
    call.request.observer = &observer;
    call.acts = [this] {
        acting = true;
        ended_or_due.cancel();
    };
}

Task<void> Pipeline::run_beside(std::shared_ptr<Beside> beside) {
    try {
        auto walking = walk(beside->call);
        co_await std::move(walking);
        beside->walked = true;
        while (beside->detaching) {
            auto waiting = wait_on(beside->stored);
            co_await std::move(waiting);
        }
        auto ending = end(beside->call);
        co_await std::move(ending);
    } catch (...) {
        beside->failure = std::current_exception();
    }
    beside->ended = true;
    beside->ended_or_due.cancel();
    --beside_count_;
}

Task<bool> Pipeline::detach(Beside& beside, bool keep_streams) {
    Call& call = beside.call;
    const bool streams = call.action != nullptr &&
                         call.action->action->response.stream != manifests::StreamType::none;
    if (beside.walked || call.request.cancel.cancelled() || (streams && keep_streams)) {
        co_return false;
    }
    const auto let_go = [&] {
        call.let_go();
        beside.observer.take_back();
        return true;
    };
    if (call.claim) co_return let_go();  // an approved call is stored already
    beside.detaching = true;
    auto storing = services_.approvals.detach(stages::suspended(call, services_));
    auto claimed = co_await std::move(storing);
    if (claimed) {
        call.result.task = claimed->approval.id;
        call.claim = std::move(*claimed);
        call.obey(call.claim->claim.stopped());
        let_go();
    }
    beside.detaching = false;
    beside.stored.cancel();
    co_return claimed.has_value();
}

Task<void> Pipeline::keep(Call& call) {
    auto storing = services_.approvals.detach(stages::suspended(call, services_));
    const auto claimed = co_await std::move(storing);
    if (!claimed) co_return;
    const bool succeeded = call.result.disposition == Disposition::succeeded;
    auto finishing = approval::finish(services_.approvals, *claimed,
                                      approval::Resumed{succeeded, to_outcome(call.result), {}});
    const auto finished = co_await std::move(finishing);
    if (finished) call.result.task = claimed->approval.id;
}

Task<CallResult> Pipeline::run(CallRequest request, Detach detaching) {
    if (beside_count_ >= kMaxBeside) {
        auto running = run(std::move(request));
        co_return co_await std::move(running);
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    if (!beside_) beside_.emplace(executor);
    const auto beside =
        std::make_shared<Beside>(std::move(request), services_.rules.current(), executor);
    const auto due = Steady::now() + detaching.patience;
    ++beside_count_;
    beside_->spawn(run_beside(beside));
    bool detached = false;
    while (!beside->ended && (Steady::now() < due || !beside->acting)) {
        beside->ended_or_due.expires_at(Steady::now() < due ? due : Steady::time_point::max());
        auto waiting = wait_on(beside->ended_or_due);
        co_await std::move(waiting);
    }
    if (!beside->ended) {
        auto trying = detach(*beside, detaching.keep_streams);
        detached = co_await std::move(trying);
    }
    Call& call = beside->call;
    if (detached) {
        CallResult out;
        out.call = call.result.call;
        out.action = call.result.action;
        out.decision = call.result.decision;
        out.rule = call.result.rule;
        out.approval = call.result.approval;
        out.task = call.result.task;
        out.disposition = Disposition::pending;
        out.message = "The call goes on; ask for its task later.";
        co_return out;
    }
    while (!beside->ended) {
        beside->ended_or_due.expires_at(Steady::time_point::max());
        auto waiting = wait_on(beside->ended_or_due);
        co_await std::move(waiting);
    }
    if (beside->failure) std::rethrow_exception(beside->failure);
    const bool asked = call.result.disposition == Disposition::asked;  // it comes again
    if (detaching.always && call.action != nullptr && call.result.approval.empty() && !asked) {
        auto keeping = keep(call);
        co_await std::move(keeping);
    }
    co_return std::move(call.result);
}

}  // namespace kimbap::pipeline
