#include "oauth/connection_lock.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <string>

#include "async/worker_pool.hpp"
#include "store/store.hpp"

namespace kimbap::oauth {

namespace {

/// Between two tries: each is a session of its own where the store is a server.
constexpr std::chrono::milliseconds kShortestPause{15};
constexpr std::chrono::milliseconds kLongestPause{120};

}  // namespace

Task<Result<std::unique_ptr<store::Hold>>> lock_connection(
    store::Store& store, async::WorkerPool& workers, ConnectionId id,
    std::chrono::steady_clock::time_point deadline) {
    const std::string name = "oauth/" + id.text();
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (auto pause = kShortestPause;; pause = std::min(2 * pause, kLongestPause)) {
        auto trying = workers.run([&store, name] { return store.try_hold(name); });
        auto held = co_await std::move(trying);
        if (!held || *held != nullptr) co_return held;
        if (std::chrono::steady_clock::now() > deadline) {
            co_return make_error(Errc::timed_out,
                                 "another process has been changing the connection " + id.text() +
                                     " for too long (try again)");
        }
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace kimbap::oauth
