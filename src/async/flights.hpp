#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/resumption.hpp"
#include "async/task.hpp"

namespace kimbap::async {

/// One piece of work that any number of coroutines wait for, on whatever threads. `Landing` is what
/// it comes to; everyone gets a copy.
template <class Landing>
class Flight {
public:
    /// Resumes on the awaiting coroutine's executor.
    static Task<Landing> landing(std::shared_ptr<Flight> flight);
    void land(Landing landing);

private:
    std::mutex mutex_;
    std::optional<Landing> landing_;
    std::vector<std::function<void()>> waiters_;
};

/// The flights under way, one a name: whoever needs what another is getting already waits for it
/// instead of getting it again. Thread-safe.
template <class Landing>
class Flights {
public:
    struct Joined {
        std::shared_ptr<Flight<Landing>> flight;
        bool first = false;  ///< The caller must see to it that it lands.
    };
    [[nodiscard]] Joined join(const std::string& name);
    /// Ends the flight by this name: later callers start a new one. Without one it does nothing.
    void land(const std::string& name, Landing landing);
    /// Blocks until none is under way.
    void wait_for_all();

private:
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t landing_ = 0;
    std::unordered_map<std::string, std::shared_ptr<Flight<Landing>>> under_way_;
};

template <class Landing>
Task<Landing> Flight<Landing>::landing(std::shared_ptr<Flight> flight) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto initiate = [flight, executor](auto handler) {
        std::function<void()> resume = resumption(executor, std::move(handler));
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

template <class Landing>
void Flight<Landing>::land(Landing landing) {
    std::vector<std::function<void()>> waiters;
    {
        const std::lock_guard lock(mutex_);
        landing_ = std::move(landing);
        waiters.swap(waiters_);
    }
    for (const auto& resume : waiters) resume();
}

template <class Landing>
typename Flights<Landing>::Joined Flights<Landing>::join(const std::string& name) {
    const std::lock_guard lock(mutex_);
    auto& flight = under_way_[name];
    if (flight) return {flight, false};
    flight = std::make_shared<Flight<Landing>>();
    return {flight, true};
}

template <class Landing>
void Flights<Landing>::land(const std::string& name, Landing landing) {
    std::shared_ptr<Flight<Landing>> flight;
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

template <class Landing>
void Flights<Landing>::wait_for_all() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return under_way_.empty() && landing_ == 0; });
}

}  // namespace kimbap::async
