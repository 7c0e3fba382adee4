#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "async/cancellation.hpp"
#include "async/task.hpp"

namespace kimbap::approval {

/// Sleeps in short ticks until there is something to do. On one I/O thread.
class Ticker {
public:
    Ticker(const asio::any_io_executor& executor, const async::CancelToken& cancel);
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;

    /// Until `ready` says so at a tick, `at_most` has passed, or it was cancelled.
    Task<void> wait(std::chrono::milliseconds tick, std::chrono::milliseconds at_most,
                    std::function<bool()> ready);
    /// For so long, unless cancelled.
    Task<void> pause(std::chrono::milliseconds time);

private:
    asio::steady_timer timer_;
    const async::CancelToken& cancel_;
    async::CancelToken::Registration registration_;
};

}  // namespace kimbap::approval
