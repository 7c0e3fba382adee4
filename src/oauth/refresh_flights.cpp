#include "oauth/refresh_flights.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace kimbap::oauth {

Task<Result<void>> RefreshFlight::landing(std::shared_ptr<RefreshFlight> flight) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto initiate = [flight, executor](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        std::function<void()> resume = [shared, executor] {
            asio::post(executor, [shared] { std::move (*shared)(); });
        };
        {
            const std::lock_guard lock(flight->mutex_);
            if (!flight->outcome_) {
                flight->waiters_.push_back(std::move(resume));
                return;
            }
        }
        resume();
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(initiate,
                                                                         asio::use_awaitable);
    const std::lock_guard lock(flight->mutex_);
    co_return *flight->outcome_;
}

void RefreshFlight::land(Result<void> outcome) {
    std::vector<std::function<void()>> waiters;
    {
        const std::lock_guard lock(mutex_);
        outcome_ = std::move(outcome);
        waiters.swap(waiters_);
    }
    for (const auto& resume : waiters) resume();
}

RefreshFlights::Joined RefreshFlights::join(const std::string& connection) {
    const std::lock_guard lock(mutex_);
    auto& flight = under_way_[connection];
    if (flight) return {flight, false};
    flight = std::make_shared<RefreshFlight>();
    return {flight, true};
}

void RefreshFlights::land(const std::string& connection, Result<void> outcome) {
    std::shared_ptr<RefreshFlight> flight;
    {
        const std::lock_guard lock(mutex_);
        const auto found = under_way_.find(connection);
        if (found == under_way_.end()) return;
        flight = std::move(found->second);
        under_way_.erase(found);
    }
    flight->land(std::move(outcome));
}

}  // namespace kimbap::oauth
