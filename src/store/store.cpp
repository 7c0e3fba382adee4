#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace kimbap::store {

namespace {

/// Gathers completions from the writer thread for one io_context: those of one commit arrive there
/// with one posted handler, and so with one wake-up.
class Mailbox final : public asio::execution_context::service {
public:
    using key_type = Mailbox;
    inline static asio::execution_context::id id;

    explicit Mailbox(asio::execution_context& context) : service(context) {}

    void push(const asio::any_io_executor& executor, std::function<void()> completion) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(completion));
            if (std::exchange(posted_, true)) return;
        }
        asio::post(executor, [this] { drain(); });
    }

private:
    void shutdown() override {
        const std::lock_guard lock(mutex_);
        waiting_.clear();
    }

    void drain() {
        std::vector<std::function<void()>> ready;
        {
            const std::lock_guard lock(mutex_);
            ready.swap(waiting_);
            posted_ = false;
        }
        for (const auto& completion : ready) completion();
    }

    std::mutex mutex_;
    std::vector<std::function<void()>> waiting_;
    bool posted_ = false;
};

}  // namespace

Task<Result<void>> write(Store& store, Write work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto& context = asio::query(executor, asio::execution::context);
    Mailbox& mailbox = asio::use_service<Mailbox>(context);
    const auto outcome = std::make_shared<Result<void>>();

    // The work guard keeps the io_context running while only the writer thread is busy for it.
    const auto guard = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    const auto initiate = [&](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        store.submit(std::move(work), [&mailbox, guard, outcome, shared](Result<void> result) {
            *outcome = std::move(result);
            mailbox.push(guard, [shared] { std::move (*shared)(); });
        });
    };
    co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(initiate,
                                                                         asio::use_awaitable);
    co_return std::move(*outcome);
}

Result<void> write_blocking(Store& store, Write work) {
    std::mutex mutex;
    std::condition_variable wake;
    std::optional<Result<void>> outcome;
    store.submit(std::move(work), [&](Result<void> result) {
        const std::lock_guard lock(mutex);
        outcome = std::move(result);
        wake.notify_one();
    });
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return outcome.has_value(); });
    return std::move(*outcome);
}

}  // namespace kimbap::store
