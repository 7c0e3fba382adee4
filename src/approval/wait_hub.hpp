#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "store/approval_store.hpp"

namespace kimbap::store {
class ChangeBoard;
}

namespace kimbap::approval {

/// Wakes coroutines when the approval that each waits for moves, whichever process moves it,
/// without a thread or a poll for each: one of those who wait, the leader, looks at the change
/// board at short intervals, reads which approvals moved, and wakes who waits for one of them; who
/// leaves hands the lead on. Ten thousand may wait: a decision costs one small read and wakes one.
/// Thread-safe; a waiter lives on one thread.
class WaitHub : public std::enable_shared_from_this<WaitHub> {
public:
    static constexpr std::chrono::milliseconds kPoll{25};

    /// Reads what moved after a point (see ApprovalStore::moved_since).
    using Reader = std::function<Task<Result<store::ApprovalMoves>>(std::int64_t since)>;

    /// `board` outlives the hub.
    WaitHub(const store::ChangeBoard& board, Reader reader)
        : board_(board), reader_(std::move(reader)) {}

    /// Whether somebody waits here for this approval.
    [[nodiscard]] bool awaited(const std::string& approval);
    /// Something changed in this process just now: no need to wait for the next look.
    void poke();

    class Waiter;

private:
    struct Seat;
    using Seats = std::list<std::shared_ptr<Seat>>;

    Seats::iterator join(std::shared_ptr<Seat> seat);
    void leave(Seats::iterator place);
    /// Whether `seat` leads.
    [[nodiscard]] bool leads(const std::shared_ptr<Seat>& seat);
    /// Whether something may have moved since the last look.
    [[nodiscard]] bool due();
    /// As the leader: wakes who waits for what moved.
    Task<void> look();

    const store::ChangeBoard& board_;
    const Reader reader_;
    std::mutex mutex_;
    Seats seats_;  ///< The first leads.
    std::unordered_multimap<std::string, std::shared_ptr<Seat>> by_approval_;
    std::uint64_t looked_at_ = 0;  ///< The board's version at the last look.
    std::int64_t read_to_ = store::kMovesUnknown;
};

/// One coroutine's place in the hub. Take it before reading the approval: what moves from then on
/// isn't missed.
class WaitHub::Waiter {
public:
    Waiter(std::shared_ptr<WaitHub> hub, const asio::any_io_executor& executor,
           std::string approval);
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Until the approval may have moved (true), the deadline has passed, or it was cancelled.
    Task<bool> moved(std::chrono::steady_clock::time_point deadline,
                     const async::CancelToken& cancel);

private:
    std::shared_ptr<WaitHub> hub_;
    std::shared_ptr<Seat> seat_;
    Seats::iterator place_;
};

}  // namespace kimbap::approval
