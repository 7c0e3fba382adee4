#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>

#include "async/task.hpp"
#include "store/write_operation.hpp"

namespace kimbap::store {

class AwaitedWrite;

/// Stands between the coroutines of one io_context and the writer threads of stores.
///
/// Both ways it moves groups: what the coroutines that are ready now submit goes to the store with
/// one lock and one wake-up, and the operations of one commit come back with one posted handler.
/// Handed over one by one, the first of 32 callers would wake the writer, which would commit it
/// alone, and the other 31 would wait for a second fsync; and each return would cost a wake-up.
class WriteGate final : public asio::execution_context::service, public WriteSink {
public:
    using key_type = WriteGate;
    static asio::execution_context::id id;

    explicit WriteGate(asio::execution_context& context) : service(context) {}

    /// Queues an operation. On a thread of the context.
    void submit(AwaitedWrite& operation);
    void deliver(WriteOperation* first) noexcept override;

private:
    struct List {
        WriteOperation* first = nullptr;
        WriteOperation* last = nullptr;
        void push(WriteOperation* operation) noexcept;
        WriteOperation* take() noexcept;
    };

    /// Gives what was submitted to the stores.
    void flush();
    /// Resumes what came back.
    void drain();
    /// Has drain() go on with these later.
    void put_back(WriteOperation* next);
    /// Waits for what stores still hold, then destroys all coroutines that wait here.
    void shutdown() override;

    std::mutex mutex_;
    std::condition_variable idle_;
    List outgoing_;
    List arrived_;
    bool flush_posted_ = false;
    bool drain_posted_ = false;
    bool closing_ = false;
    std::size_t waiting_ = 0;     ///< Submitted and not yet resumed.
    std::size_t in_store_ = 0;    ///< Given to a store and not yet delivered.
    std::size_t delivering_ = 0;  ///< Calls of deliver() under way.
    /// Keeps the io_context running while coroutines wait here; tracked outstanding work.
    asio::any_io_executor guard_;
};

}  // namespace kimbap::store
