#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "async/task.hpp"
#include "store/write_operation.hpp"

namespace kimbap::store {

class Store;
class WriteGate;

/// A write that a coroutine awaits, with nothing allocated for it: the operation and the
/// coroutine's handler both live in the coroutine's frame.
///
///     AppendOperation operation(store, executor, ...);  // derives from AwaitedWrite
///     co_await operation.wait();
///     co_return std::move(operation.outcome);
class AwaitedWrite : public WriteOperation {
public:
    /// `executor` is the coroutine's (this_coro::executor); `store` outlives the await.
    AwaitedWrite(Store& store, const asio::any_io_executor& executor, bool single_statement);

    /// Awaitable; when it resumes, `outcome` is set.
    auto wait() {
        return asio::async_initiate<decltype(asio::use_awaitable), void()>(
            [this](auto handler) { start(std::move(handler)); }, asio::use_awaitable);
    }

protected:
    ~AwaitedWrite() = default;

private:
    friend class WriteGate;
    static constexpr std::size_t kHandlerBytes = 64;

    template <class Handler>
    void start(Handler handler) {
        static_assert(sizeof(Handler) <= kHandlerBytes);
        static_assert(alignof(Handler) <= alignof(std::max_align_t));
        new (handler_) Handler(std::move(handler));
        take_handler_ = [](AwaitedWrite& operation, Then then) {
            auto* stored = std::launder(reinterpret_cast<Handler*>(operation.handler_));
            // The frame, and this operation with it, may be gone once the handler has run.
            Handler moved(std::move(*stored));
            stored->~Handler();
            if (then == Then::resume) std::move(moved)();
            if (then == Then::post) {
                const asio::any_io_executor executor = operation.executor_;
                asio::post(executor,
                           [waiter = std::move(moved)]() mutable { std::move(waiter)(); });
            }
        };
        submit();
    }
    void submit();
    /// What becomes of the waiting coroutine: it goes on here and now, or as a handler of its own
    /// executor, or is destroyed.
    enum class Then { resume, post, destroy };
    void finish(Then then) { take_handler_(*this, then); }

    Store& store_;
    asio::any_io_executor executor_;
    WriteGate& gate_;
    void (*take_handler_)(AwaitedWrite&, Then then) = nullptr;
    alignas(std::max_align_t) std::byte handler_[kHandlerBytes];
};

}  // namespace kimbap::store
