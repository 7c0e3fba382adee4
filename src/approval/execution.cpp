#include "approval/execution.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "approval/approval_manager.hpp"
#include "approval/ticker.hpp"
#include "base/log.hpp"

namespace kimbap::approval {

namespace {

/// How often the end of an execution is tried to be recorded while the store refuses: a call that
/// is over must not be run again since a database restarted. The pauses grow to ten times the
/// first.
constexpr int kFinishAttempts = 60;
constexpr int kLongestPause = 10;

Task<Result<Resumed>> ask(Resumer& resumer, const ClaimedCall& call) {
    std::string fault;
    try {
        Task<Result<Resumed>> resuming = resumer.resume(call);
        co_return co_await std::move(resuming);
    } catch (const std::exception& error) {
        fault = error.what();
    }
    log::error("resuming a call failed", {{"approval", call.approval.id}, {"error", fault}});
    co_return make_error(Errc::internal, "kimbap failed while running the call");
}

Task<void> give_back(ApprovalManager& manager, ClaimedCall call) {
    const std::string id = call.approval.id;
    Task<Result<void>> releasing = manager.release(std::move(call));
    const Result<void> released = co_await std::move(releasing);
    if (!released) {
        log::warn("a call can't be given back",
                  {{"approval", id}, {"error", released.error().message}});
    }
}

}  // namespace

Task<Result<Approval>> finish(ApprovalManager& manager, const ClaimedCall& call,
                              Result<Resumed> resumed, std::chrono::milliseconds pause,
                              async::CancelToken cancel) {
    for (int attempt = 1;; ++attempt) {
        Task<Result<Approval>> finishing =
            resumed ? manager.finish(call, resumed->succeeded, resumed->outcome, resumed->record)
                    : manager.fail(call, resumed.error());
        const Result<Approval> finished = co_await std::move(finishing);
        if (finished) co_return finished;
        const Error& error = finished.error();
        if (error.code == Errc::too_large && resumed) {
            resumed->outcome = error_outcome(error);
        } else if (error.code == Errc::conflict || attempt == kFinishAttempts ||
                   cancel.cancelled()) {
            log::error("the end of an approved call can't be recorded",
                       {{"approval", call.approval.id}, {"error", error.message}});
            co_return finished;
        } else {
            const asio::any_io_executor executor = co_await asio::this_coro::executor;
            Ticker ticker(executor, cancel);
            Task<void> waiting = ticker.pause(std::min(attempt, kLongestPause) * pause);
            co_await std::move(waiting);
        }
    }
}

Task<ExecutionEnd> execute(ApprovalManager& manager, Resumer& resumer, ClaimedCall call,
                           std::chrono::milliseconds pause, const async::CancelToken& cancel) {
    Task<Result<Resumed>> asking = ask(resumer, call);
    Result<Resumed> resumed = co_await std::move(asking);
    if (!resumed && resumed.error().code == Errc::unavailable) {
        Task<void> giving_back = give_back(manager, std::move(call));
        co_await std::move(giving_back);
        co_return ExecutionEnd::given_back;
    }
    Task<Result<Approval>> finishing = finish(manager, call, std::move(resumed), pause, cancel);
    static_cast<void>(co_await std::move(finishing));
    co_return ExecutionEnd::over;
}

}  // namespace kimbap::approval
