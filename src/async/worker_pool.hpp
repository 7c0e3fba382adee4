#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "async/resumption.hpp"
#include "async/task.hpp"
#include "base/error.hpp"

namespace kimbap::async {

/// Threads for work that blocks: key derivation, reading the database. Starts its threads at the
/// first job, so that a process that needs none starts none. Thread-safe.
class WorkerPool {
public:
    static constexpr std::size_t kMaxQueue = 4096;

    explicit WorkerPool(std::size_t threads);
    /// Finishes what is queued, then joins. The io_contexts whose coroutines wait in run() outlive
    /// the pool, or wait_idle() is called before they die.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Queues `job`, which must not throw. False where the queue is full or the system
    /// gives no thread to run it.
    [[nodiscard]] bool submit(std::function<void()> job);

    /// Waits until no job is queued or running. Whoever stopped an io_context calls this before it
    /// dies: a thread may still be handing it a result.
    void wait_idle();

    /// Runs `work` (returning Result<T>) on a pool thread and resumes on the awaiting coroutine's
    /// executor. Errors: what `work` returns; unavailable where the queue is full. What `work`
    /// throws is thrown at the awaiting coroutine.
    template <class F>
    auto run(F work) -> Task<std::invoke_result_t<F&>>;

private:
    /// Whether there is a thread now. Called with the lock held.
    bool start_thread();
    void loop();

    std::size_t thread_count_;
    std::mutex mutex_;
    std::condition_variable wake_, idle_;
    std::deque<std::function<void()>> queue_;
    std::vector<std::thread> threads_;
    std::size_t running_ = 0;
    bool stopping_ = false;
};

template <class F>
auto WorkerPool::run(F work) -> Task<std::invoke_result_t<F&>> {
    using Outcome = std::invoke_result_t<F&>;
    struct State {
        explicit State(F function) : work(std::move(function)) {}
        F work;
        std::optional<Outcome> outcome;
        std::exception_ptr failure;
    };
    const auto state = std::make_shared<State>(std::move(work));
    const asio::any_io_executor executor = co_await asio::this_coro::executor;

    const auto initiate = [this, state, executor](auto handler) {
        const auto resume = resumption(executor, std::move(handler));
        const bool queued = submit([state, resume] {
            try {
                state->outcome.emplace(state->work());
            } catch (...) {
                state->failure = std::current_exception();
            }
            resume();
        });
        if (!queued) {
            state->outcome.emplace(
                make_error(Errc::unavailable, "too much background work is waiting (try again)"));
            resume();
        }
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(initiate,
                                                                         asio::use_awaitable);
    if (state->failure) std::rethrow_exception(state->failure);
    co_return std::move(*state->outcome);
}

}  // namespace kimbap::async
