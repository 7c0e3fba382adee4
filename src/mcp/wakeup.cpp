#include "mcp/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>

namespace kimbap::mcp {

void Wakeup::notify() {
    if (notified_.exchange(true)) return;
    asio::post(executor_, [self = shared_from_this()] { self->timer_.cancel(); });
}

Task<bool> Wakeup::wait(std::chrono::milliseconds limit) {
    const auto self = shared_from_this();
    const auto deadline = std::chrono::steady_clock::now() + limit;
    // A cancellation that belongs to an earlier notification may interrupt the timer: look again.
    while (!notified_.exchange(false)) {
        if (std::chrono::steady_clock::now() >= deadline) co_return false;
        timer_.expires_at(deadline);
        auto waiting = timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        co_await std::move(waiting);
    }
    co_return true;
}

}  // namespace kimbap::mcp
