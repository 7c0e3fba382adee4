#include "approval/ticker.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <utility>

namespace kimbap::approval {

Ticker::Ticker(const asio::any_io_executor& executor, const async::CancelToken& cancel)
    : timer_(executor),
      cancel_(cancel),
      registration_(cancel.on_cancel([this] { timer_.cancel(); })) {}

Task<void> Ticker::wait(std::chrono::milliseconds tick, std::chrono::milliseconds at_most,
                        std::function<bool()> ready) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (!cancel_.cancelled() && !ready()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline) co_return;
        timer_.expires_at(std::min(deadline, now + tick));
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await timer_.async_wait(std::move(token));
    }
}

Task<void> Ticker::pause(std::chrono::milliseconds time) {
    return wait(time, time, [] { return false; });
}

}  // namespace kimbap::approval
