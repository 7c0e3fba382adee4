#include "vault/flights.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace kimbap::vault {

Task<Flight::Landing> Flight::landing(std::shared_ptr<Flight> flight) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto initiate = [flight, executor](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        std::function<void()> resume = [shared, executor] {
            asio::post(executor, [shared] { std::move (*shared)(); });
        };
        {
            const std::lock_guard lock(flight->mutex_);
            if (!flight->landing_) {
                flight->waiters_.push_back(std::move(resume));
                return;
            }
        }
        resume();
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(initiate,
                                                                         asio::use_awaitable);
    const std::lock_guard lock(flight->mutex_);
    co_return *flight->landing_;
}

void Flight::land(Landing landing) {
    std::vector<std::function<void()>> waiters;
    {
        const std::lock_guard lock(mutex_);
        landing_ = std::move(landing);
        waiters.swap(waiters_);
    }
    for (const auto& resume : waiters) resume();
}

Flights::Joined Flights::join(const std::string& name) {
    const std::lock_guard lock(mutex_);
    auto& flight = under_way_[name];
    if (flight) return {flight, false};
    flight = std::make_shared<Flight>();
    return {flight, true};
}

void Flights::land(const std::string& name, Flight::Landing landing) {
    std::shared_ptr<Flight> flight;
    {
        // Forgotten before it lands: who finds it too old must not meet it again.
        const std::lock_guard lock(mutex_);
        const auto found = under_way_.find(name);
        if (found == under_way_.end()) return;
        flight = std::move(found->second);
        under_way_.erase(found);
        ++landing_;
    }
    flight->land(std::move(landing));
    const std::lock_guard lock(mutex_);
    --landing_;
    if (under_way_.empty() && landing_ == 0) idle_.notify_all();
}

void Flights::wait_for_all() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return under_way_.empty() && landing_ == 0; });
}

}  // namespace kimbap::vault
