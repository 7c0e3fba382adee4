#include "approval/wait_hub.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "store/change_board.hpp"

namespace kimbap::approval {

/// The flags are touched on its executor's thread alone.
struct WaitHub::Seat {
    Seat(const asio::any_io_executor& executor, std::string id)
        : timer(executor), approval(std::move(id)) {}

    /// From any thread: has it look again, and says whether its approval moved.
    static void wake(const std::shared_ptr<Seat>& seat, bool moved) {
        asio::post(seat->timer.get_executor(), [seat, moved] {
            seat->called = true;
            seat->moved = seat->moved || moved;
            seat->timer.cancel();
        });
    }

    asio::steady_timer timer;
    const std::string approval;
    bool called = false;
    bool moved = false;
};

void WaitHub::poke() {
    const std::lock_guard lock(mutex_);
    if (!seats_.empty()) Seat::wake(seats_.front(), false);
}

WaitHub::Seats::iterator WaitHub::join(std::shared_ptr<Seat> seat) {
    const std::lock_guard lock(mutex_);
    by_approval_.emplace(seat->approval, seat);
    return seats_.insert(seats_.end(), std::move(seat));
}

bool WaitHub::awaited(const std::string& approval) {
    const std::lock_guard lock(mutex_);
    return by_approval_.contains(approval);
}

void WaitHub::leave(Seats::iterator place) {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = by_approval_.equal_range((*place)->approval);
    by_approval_.erase(
        std::find_if(begin, end, [&](const auto& entry) { return entry.second == *place; }));
    const bool led = place == seats_.begin();
    seats_.erase(place);
    if (led && !seats_.empty()) Seat::wake(seats_.front(), false);
}

bool WaitHub::leads(const std::shared_ptr<Seat>& seat) {
    const std::lock_guard lock(mutex_);
    return seats_.front() == seat;
}

bool WaitHub::due() {
    const std::lock_guard lock(mutex_);
    return board_.version(store::Topic::approvals) != looked_at_ ||
           read_to_ == store::kMovesUnknown;
}

Task<void> WaitHub::look() {
    // Before reading: what is committed after it shows in another version.
    const std::uint64_t version = board_.version(store::Topic::approvals);
    const std::int64_t since = [this] {
        const std::lock_guard lock(mutex_);
        return read_to_;
    }();
    Task<Result<store::ApprovalMoves>> reading = reader_(since);
    const Result<store::ApprovalMoves> moves = co_await std::move(reading);
    if (!moves) co_return;  // looked for again at the next poll
    const std::lock_guard lock(mutex_);
    looked_at_ = version;
    read_to_ = moves->newest;
    if (moves->incomplete) {
        for (const auto& seat : seats_) Seat::wake(seat, true);
        co_return;
    }
    for (const std::string& id : moves->approvals) {
        const auto [begin, end] = by_approval_.equal_range(id);
        std::for_each(begin, end, [](const auto& entry) { Seat::wake(entry.second, true); });
    }
}

WaitHub::Waiter::Waiter(std::shared_ptr<WaitHub> hub, const asio::any_io_executor& executor,
                        std::string approval)
    : hub_(std::move(hub)),
      seat_(std::make_shared<Seat>(executor, std::move(approval))),
      place_(hub_->join(seat_)) {}

WaitHub::Waiter::~Waiter() {
    hub_->leave(place_);
}

Task<bool> WaitHub::Waiter::moved(std::chrono::steady_clock::time_point deadline,
                                  const async::CancelToken& cancel) {
    const auto registration = cancel.on_cancel([seat = seat_] { seat->timer.cancel(); });
    for (;;) {
        if (std::exchange(seat_->moved, false)) co_return true;
        const auto now = std::chrono::steady_clock::now();
        if (cancel.cancelled() || now >= deadline) co_return false;
        const bool leads = hub_->leads(seat_);
        if (leads && hub_->due()) {
            Task<void> looking = hub_->look();
            co_await std::move(looking);
        }
        if (std::exchange(seat_->called, false)) continue;
        const auto next = std::chrono::steady_clock::now() + kPoll;
        seat_->timer.expires_at(leads ? std::min(deadline, next) : deadline);
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await seat_->timer.async_wait(std::move(token));
        seat_->called = false;
    }
}

}  // namespace kimbap::approval
