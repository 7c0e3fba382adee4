#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "async/task.hpp"

namespace kimbap::mcp {

/// Lets one coroutine wait, with a limit, for something that any thread may make happen.
///
/// One waiter at a time, on the executor's single thread. A notification that comes before the wait
/// is kept; several count as one.
class Wakeup : public std::enable_shared_from_this<Wakeup> {
public:
    explicit Wakeup(asio::any_io_executor executor)
        : executor_(std::move(executor)), timer_(executor_) {}

    /// Any thread.
    void notify();
    /// True: notified since the last wait. False: `limit` passed.
    Task<bool> wait(std::chrono::milliseconds limit);

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }

private:
    asio::any_io_executor executor_;
    asio::steady_timer timer_;  ///< The waiter's thread only.
    std::atomic<bool> notified_{false};
};

}  // namespace kimbap::mcp
