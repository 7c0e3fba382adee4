#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "async/cancellation.hpp"
#include "async/task.hpp"

namespace kimbap::store {
class ChangeBoard;
}

namespace kimbap::approval {

/// Wakes coroutines when approvals change, whichever process changes them, without a thread or a
/// poll for each: one of those who wait, the leader, looks at the change board at short intervals
/// and wakes the others; who leaves hands the lead on. Thread-safe; a waiter lives on one thread.
class WaitHub : public std::enable_shared_from_this<WaitHub> {
public:
    static constexpr std::chrono::milliseconds kPoll{25};

    /// `board` outlives the hub.
    explicit WaitHub(const store::ChangeBoard& board) : board_(board) {}

    /// Something changed in this process just now: no need to wait for the next look.
    void poke();

    class Waiter;

private:
    struct Seat;
    using Seats = std::list<std::shared_ptr<Seat>>;

    Seats::iterator join(std::shared_ptr<Seat> seat);
    void leave(Seats::iterator place);
    /// Whether `seat` leads; as the leader it also wakes the others where the version is a new one.
    bool look(const std::shared_ptr<Seat>& seat, std::uint64_t version);
    static void wake(const std::shared_ptr<Seat>& seat);

    const store::ChangeBoard& board_;
    std::mutex mutex_;
    Seats seats_;  ///< The first leads.
    std::uint64_t announced_ = 0;
};

/// One coroutine's place in the hub.
class WaitHub::Waiter {
public:
    Waiter(std::shared_ptr<WaitHub> hub, const asio::any_io_executor& executor);
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// The board's version; ask before reading the store.
    [[nodiscard]] std::uint64_t version() const;
    /// Until the version is another than `seen`, the deadline has passed, or it was cancelled.
    Task<void> changed(std::uint64_t seen, std::chrono::steady_clock::time_point deadline,
                       const async::CancelToken& cancel);

private:
    std::shared_ptr<WaitHub> hub_;
    std::shared_ptr<Seat> seat_;
    Seats::iterator place_;
};

}  // namespace kimbap::approval
