#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"

namespace kimbap::mcp {

class Wakeup;

/// A bounded queue of messages between whoever produces them, on any thread, and the one reader
/// that writes them to a peer, on its own. Producers never wait: a reader that lags costs memory up
/// to the bounds, then its stream, and nobody else's time.
///
/// Where `retained` is set, delivered messages are kept for a reader that comes back after a broken
/// connection (Last-Event-ID). A new reader takes over from the one before.
class Outbox : public std::enable_shared_from_this<Outbox> {
public:
    enum class Kind {
        droppable,  ///< Progress and logs: left out when the reader lags.
        normal,     ///< Overflowing ends the stream.
        question,   ///< A request to the client. Always taken: bounded by the calls' number.
        response,   ///< Likewise.
    };
    struct Bounds {
        std::size_t max_messages = 1024;
        std::size_t max_bytes = 8U << 20;
        std::size_t retained = 0;
    };
    struct Event {
        std::uint64_t seq = 0;  ///< From 1.
        Kind kind = Kind::normal;
        std::shared_ptr<const std::string> text;
    };
    enum class State {
        open,
        released,    ///< The connection is to be let go; the client comes back (Batch::retry).
        finished,    ///< Nothing follows.
        overflowed,  ///< Ended because the reader lagged.
        superseded,  ///< Another reader took over.
    };
    struct Batch {
        std::vector<Event> events;
        State state = State::open;
        std::chrono::milliseconds retry{0};
        bool timed_out = false;
    };

    class Reader {
    public:
        Reader() = default;
        ~Reader();
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;
        /// Everything that waits, or the first that comes within `limit`.
        Task<Batch> read(std::chrono::milliseconds limit);
        /// Makes a running or the next read() return early. Any thread.
        void interrupt();

    private:
        friend class Outbox;
        std::shared_ptr<Outbox> outbox_;
        std::shared_ptr<Wakeup> wakeup_;
        std::uint64_t generation_ = 0;
    };

    explicit Outbox(Bounds bounds) : bounds_(bounds) {}

    /// False where the message was not taken.
    bool push(std::string message, Kind kind);
    /// Nothing is taken any more; the reader ends after what waits.
    void finish();
    /// Asks the present reader to let go of its connection.
    void release(std::chrono::milliseconds retry);
    [[nodiscard]] bool finished() const;

    /// A reader on `executor`, from after event `after`; nullopt: from the first undelivered one.
    [[nodiscard]] std::shared_ptr<Reader> attach(asio::any_io_executor executor,
                                                 std::optional<std::uint64_t> after = {});

private:
    void collect(Batch& batch);
    void trim();
    void wake();

    const Bounds bounds_;
    mutable std::mutex mutex_;
    std::deque<Event> events_;  ///< Retained ones, then those that wait.
    std::uint64_t last_seq_ = 0;
    std::uint64_t next_ = 1;  ///< First event that waits.
    std::size_t bytes_ = 0;   ///< Of all in events_.
    std::size_t waiting_bytes_ = 0;
    State end_ = State::open;  ///< open, finished or overflowed.
    std::optional<std::chrono::milliseconds> released_;
    std::uint64_t generation_ = 0;
    std::shared_ptr<Wakeup> reader_;
};

}  // namespace kimbap::mcp
