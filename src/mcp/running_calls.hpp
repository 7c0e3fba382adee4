#pragma once

#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <mutex>

#include "async/cancellation.hpp"
#include "async/task.hpp"

namespace kimbap::mcp {

class RunningCalls;

/// A request while it runs: counted, and reachable for cancellation from any thread. Lives on one
/// thread, the request's.
class RunningCall {
public:
    RunningCall(RunningCalls& calls, asio::any_io_executor executor);
    ~RunningCall();
    RunningCall(const RunningCall&) = delete;
    RunningCall& operator=(const RunningCall&) = delete;

    /// The request's own thread only.
    [[nodiscard]] async::CancelToken token() const { return source_.token(); }
    void cancel() { source_.cancel(); }
    [[nodiscard]] bool cancelled() const noexcept { return source_.cancelled(); }
    /// Whether its client waits for an answer: not once it was cancelled, unless that was the
    /// server's doing (cancel_all()), and not the client's.
    [[nodiscard]] bool owes_answer() const noexcept;

    /// What cancels the call from any thread, even after its end.
    struct Handle {
        asio::any_io_executor executor;
        async::CancelSource source;
        void cancel();
    };
    [[nodiscard]] Handle handle() const { return {executor_, source_}; }

private:
    friend class RunningCalls;
    asio::any_io_executor executor_;
    async::CancelSource source_;
    RunningCalls& calls_;
    std::size_t shard_ = 0;
    RunningCall* previous_ = nullptr;  ///< Within its shard, under the shard's mutex.
    RunningCall* next_ = nullptr;
};

/// All requests that run, in shards by thread so that threads don't meet at one lock.
class RunningCalls {
public:
    [[nodiscard]] std::size_t count() const;
    void cancel_all();

private:
    friend class RunningCall;
    static constexpr std::size_t kShards = 16;
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        RunningCall* first = nullptr;
        std::size_t count = 0;
    };
    std::array<Shard, kShards> shards_;
    std::atomic<bool> all_cancelled_ = false;
};

}  // namespace kimbap::mcp
