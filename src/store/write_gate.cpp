#include "store/write_gate.hpp"

#include <boost/asio/defer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "store/awaited_write.hpp"
#include "store/store.hpp"

namespace kimbap::store {

asio::execution_context::id WriteGate::id;

AwaitedWrite::AwaitedWrite(Store& store, const asio::any_io_executor& executor,
                           bool single_statement)
    : WriteOperation(asio::use_service<WriteGate>(asio::query(executor, asio::execution::context)),
                     single_statement),
      store_(store),
      executor_(executor),
      gate_(static_cast<WriteGate&>(*sink)) {}

void AwaitedWrite::submit() {
    gate_.submit(*this);
}

void WriteGate::List::push(WriteOperation* operation) noexcept {
    operation->next = nullptr;
    if (last == nullptr) {
        first = operation;
    } else {
        last->next = operation;
    }
    last = operation;
}

WriteOperation* WriteGate::List::take() noexcept {
    last = nullptr;
    return std::exchange(first, nullptr);
}

void WriteGate::submit(AwaitedWrite& operation) {
    const asio::any_io_executor executor = operation.executor_;
    {
        const std::lock_guard lock(mutex_);
        outgoing_.push(&operation);
        if (waiting_++ == 0) {
            guard_ = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        }
        if (std::exchange(flush_posted_, true)) return;
    }
    // Deferred behind the handlers that are ready now, as these may have more to write.
    asio::defer(executor, [this] { flush(); });
}

void WriteGate::flush() {
    WriteOperation* next = nullptr;
    {
        const std::lock_guard lock(mutex_);
        next = outgoing_.take();
        flush_posted_ = false;
        for (auto* operation = next; operation != nullptr; operation = operation->next) {
            ++in_store_;
        }
    }
    while (next != nullptr) {
        Store& store = static_cast<AwaitedWrite*>(next)->store_;
        List group;
        while (next != nullptr && &static_cast<AwaitedWrite*>(next)->store_ == &store) {
            WriteOperation* const operation = std::exchange(next, next->next);
            group.push(operation);
        }
        store.submit(group.take());
    }
}

void WriteGate::deliver(WriteOperation* first) noexcept {
    // Gone before shutdown() goes on: a strand's is part of the context.
    asio::any_io_executor executor = static_cast<AwaitedWrite*>(first)->executor_;
    bool post = false;
    {
        const std::lock_guard lock(mutex_);
        while (first != nullptr) {
            WriteOperation* const operation = std::exchange(first, first->next);
            arrived_.push(operation);
            --in_store_;
        }
        post = !closing_ && !std::exchange(drain_posted_, true);
        ++delivering_;
    }
    if (post) asio::post(executor, [this] { drain(); });
    executor = {};
    const std::lock_guard lock(mutex_);
    --delivering_;
    if (closing_) idle_.notify_all();
}

void WriteGate::drain() {
    WriteOperation* next = nullptr;
    asio::any_io_executor released;
    {
        const std::lock_guard lock(mutex_);
        next = arrived_.take();
        drain_posted_ = false;
        for (auto* operation = next; operation != nullptr; operation = operation->next) --waiting_;
        if (waiting_ == 0) released = std::exchange(guard_, {});
    }
    // Should a coroutine's end throw out of here, the others still get their turn.
    struct Rest {
        WriteGate& gate;
        WriteOperation* next;
        ~Rest() {
            if (next != nullptr) gate.put_back(next);
        }
    } rest{*this, next};
    while (rest.next != nullptr) {
        auto& operation = static_cast<AwaitedWrite&>(*std::exchange(rest.next, rest.next->next));
        // Anything else may be a strand, which this handler is not in.
        const bool plain = operation.executor_.target<asio::io_context::executor_type>() != nullptr;
        operation.finish(plain ? AwaitedWrite::Then::resume : AwaitedWrite::Then::post);
    }
}

void WriteGate::put_back(WriteOperation* next) {
    const asio::any_io_executor executor = static_cast<AwaitedWrite*>(next)->executor_;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_ == 0) {
            guard_ = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        }
        while (next != nullptr) {
            arrived_.push(std::exchange(next, next->next));
            ++waiting_;
        }
        if (std::exchange(drain_posted_, true)) return;
    }
    asio::post(executor, [this] { drain(); });
}

void WriteGate::shutdown() {
    std::unique_lock lock(mutex_);
    closing_ = true;
    idle_.wait(lock, [this] { return in_store_ == 0 && delivering_ == 0; });
    WriteOperation* lists[] = {outgoing_.take(), arrived_.take()};
    guard_ = {};
    lock.unlock();
    for (WriteOperation* next : lists) {
        while (next != nullptr) {
            static_cast<AwaitedWrite&>(*std::exchange(next, next->next))
                .finish(AwaitedWrite::Then::destroy);
        }
    }
}

}  // namespace kimbap::store
