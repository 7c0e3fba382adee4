#include "approval/wait_hub.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <utility>
#include <vector>

#include "store/change_board.hpp"

namespace kimbap::approval {

/// Touched on its executor's thread alone.
struct WaitHub::Seat {
    explicit Seat(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    bool woken = false;
};

void WaitHub::wake(const std::shared_ptr<Seat>& seat) {
    asio::post(seat->timer.get_executor(), [seat] {
        seat->woken = true;
        seat->timer.cancel();
    });
}

void WaitHub::poke() {
    const std::lock_guard lock(mutex_);
    if (!seats_.empty()) wake(seats_.front());
}

WaitHub::Seats::iterator WaitHub::join(std::shared_ptr<Seat> seat) {
    const std::lock_guard lock(mutex_);
    return seats_.insert(seats_.end(), std::move(seat));
}

void WaitHub::leave(Seats::iterator place) {
    const std::lock_guard lock(mutex_);
    const bool led = place == seats_.begin();
    seats_.erase(place);
    if (led && !seats_.empty()) wake(seats_.front());
}

bool WaitHub::look(const std::shared_ptr<Seat>& seat, std::uint64_t version) {
    const std::lock_guard lock(mutex_);
    if (seats_.front() != seat) return false;
    if (std::exchange(announced_, version) != version) {
        std::for_each(std::next(seats_.begin()), seats_.end(),
                      [](const auto& other) { wake(other); });
    }
    return true;
}

WaitHub::Waiter::Waiter(std::shared_ptr<WaitHub> hub, const asio::any_io_executor& executor)
    : hub_(std::move(hub)), seat_(std::make_shared<Seat>(executor)), place_(hub_->join(seat_)) {}

WaitHub::Waiter::~Waiter() {
    hub_->leave(place_);
}

std::uint64_t WaitHub::Waiter::version() const {
    return hub_->board_.version(store::Topic::approvals);
}

Task<void> WaitHub::Waiter::changed(std::uint64_t seen,
                                    std::chrono::steady_clock::time_point deadline,
                                    const async::CancelToken& cancel) {
    const auto registration = cancel.on_cancel([seat = seat_] { seat->timer.cancel(); });
    for (;;) {
        const std::uint64_t now_at = version();
        const bool leads = hub_->look(seat_, now_at);
        const auto now = std::chrono::steady_clock::now();
        if (now_at != seen || cancel.cancelled() || now >= deadline) co_return;
        if (std::exchange(seat_->woken, false)) continue;
        seat_->timer.expires_at(leads ? std::min(deadline, now + kPoll) : deadline);
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await seat_->timer.async_wait(std::move(token));
        seat_->woken = false;
    }
}

}  // namespace kimbap::approval
