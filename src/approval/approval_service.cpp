#include "approval/approval_service.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <set>
#include <utility>

#include "approval/approval_manager.hpp"
#include "approval/child_tasks.hpp"
#include "approval/ticker.hpp"
#include "base/log.hpp"
#include "store/store.hpp"

namespace kimbap::approval {

namespace {

/// A call that was given back is left to other processes for so long.
constexpr std::chrono::seconds kPause{1};

}  // namespace

/// One run().
class ApprovalService::Loop {
public:
    Loop(ApprovalService& service, const asio::any_io_executor& executor,
         const async::CancelToken& cancel, const async::CancelToken& draining)
        : manager_(service.manager_),
          resumer_(service.resumer_),
          changes_(service.store_.changes()),
          options_(service.options_),
          cancel_(cancel),
          draining_(draining),
          executor_(executor),
          ticker_(executor, cancel),
          children_(executor) {}

    Task<void> run();

private:
    [[nodiscard]] std::uint64_t version() const {
        return changes_.version(store::Topic::approvals);
    }
    void start(const Sweep& sweep);
    void report(const Error& error);
    Task<void> resume(std::string id);
    Task<void> pause();

    ApprovalManager& manager_;
    Resumer& resumer_;
    const store::ChangeBoard& changes_;
    const ServiceOptions& options_;
    const async::CancelToken& cancel_;
    const async::CancelToken& draining_;
    asio::any_io_executor executor_;
    Ticker ticker_;
    ChildTasks children_;
    std::set<std::string> in_hand_;
    std::string last_fault_;
};

Task<void> ApprovalService::Loop::run() {
    while (!cancel_.cancelled()) {
        const std::uint64_t seen = version();
        Task<Result<Sweep>> sweeping = manager_.sweep();
        const Result<Sweep> swept = co_await std::move(sweeping);
        if (swept) {
            last_fault_.clear();
            start(*swept);
        } else {
            report(swept.error());
        }
        const bool soon = swept && swept->in_grace > 0;
        Task<void> waiting = ticker_.wait(options_.poll, soon ? options_.poll : options_.sweep,
                                          [this, seen] { return version() != seen; });
        co_await std::move(waiting);
    }
    Task<void> draining = children_.drained();
    co_await std::move(draining);
}

void ApprovalService::Loop::report(const Error& error) {
    if (std::exchange(last_fault_, error.message) == error.message) return;
    log::warn("approvals can't be looked after", {{"error", error.message}});
}

void ApprovalService::Loop::start(const Sweep& sweep) {
    for (const std::string& id : sweep.runnable) {
        if (cancel_.cancelled() || draining_.cancelled()) return;
        if (children_.running() >= options_.max_concurrent) return;
        if (in_hand_.insert(id).second) children_.spawn(resume(id));
    }
}

Task<void> ApprovalService::Loop::resume(std::string id) {
    Task<Result<ClaimedCall>> claiming = manager_.claim(id);
    Result<ClaimedCall> claimed = co_await std::move(claiming);
    if (claimed) {
        Task<ExecutionEnd> executing =
            execute(manager_, resumer_, std::move(*claimed), options_.poll, cancel_);
        const ExecutionEnd end = co_await std::move(executing);
        if (end == ExecutionEnd::given_back) {
            Task<void> pausing = pause();
            co_await std::move(pausing);
        }
    } else if (claimed.error().code != Errc::conflict) {
        log::warn("an approved call can't be run",
                  {{"approval", id}, {"error", claimed.error().message}});
        Task<void> pausing = pause();
        co_await std::move(pausing);
    }
    in_hand_.erase(id);
}

Task<void> ApprovalService::Loop::pause() {
    Ticker ticker(executor_, cancel_);
    Task<void> waiting = ticker.pause(kPause);
    co_await std::move(waiting);
}

ApprovalService::ApprovalService(ApprovalManager& manager, Resumer& resumer,
                                 const store::Store& store, ServiceOptions options)
    : manager_(manager), resumer_(resumer), store_(store), options_(options) {}

Task<void> ApprovalService::run(async::CancelToken cancel, async::CancelToken draining) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Loop loop(*this, executor, cancel, draining);
    Task<void> running = loop.run();
    co_await std::move(running);
}

}  // namespace kimbap::approval
