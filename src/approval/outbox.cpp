#include "approval/outbox.hpp"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "approval/child_tasks.hpp"
#include "approval/ticker.hpp"
#include "async/worker_pool.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "store/outbox_store.hpp"
#include "store/store.hpp"

namespace kimbap::approval {

namespace {

constexpr std::size_t kMaxKeptError = 500;

double random_fraction() {
    std::array<unsigned char, 4> bytes{};
    random_bytes(bytes);
    const std::uint32_t number = static_cast<std::uint32_t>(bytes[0]) << 24U |
                                 static_cast<std::uint32_t>(bytes[1]) << 16U |
                                 static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
    return number / 4294967296.0;
}

}  // namespace

std::chrono::milliseconds retry_delay(const OutboxOptions& options, std::int64_t attempts,
                                      double jitter) {
    std::chrono::milliseconds delay = options.first_retry;
    for (std::int64_t i = 1; i < attempts && delay < options.longest_retry; ++i) delay *= 2;
    delay = std::min(delay, options.longest_retry);
    const double share = 0.5 + jitter / 2;
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(delay.count()) * share));
}

/// One run().
class Outbox::Loop {
public:
    Loop(Outbox& outbox, const asio::any_io_executor& executor, const async::CancelToken& cancel)
        : outbox_(outbox),
          options_(outbox.options_),
          cancel_(cancel),
          ticker_(executor, cancel),
          children_(executor) {}

    Task<void> run();

private:
    using Rows = std::vector<store::OutboxRow>;

    [[nodiscard]] std::uint64_t version() const {
        return outbox_.store_.changes().version(store::Topic::outbox);
    }
    /// What is due, claimed. Also finds out when the next is.
    Task<Result<Rows>> claim();
    Task<void> deliver(store::OutboxRow row);
    Task<Result<void>> attempt(const store::OutboxRow& row);
    void settle(store::OutboxRow& row, const Result<void>& delivered) const;
    void report(const Error& error);

    Outbox& outbox_;
    const OutboxOptions& options_;
    const async::CancelToken& cancel_;
    Ticker ticker_;
    ChildTasks children_;
    std::optional<TimePoint> next_due_;
    bool ended_ = false;  ///< A delivery ended since the store was asked.
    std::string last_fault_;
};

Task<void> Outbox::Loop::run() {
    while (!cancel_.cancelled()) {
        const std::uint64_t seen = version();
        ended_ = false;
        Task<Result<Rows>> claiming = claim();
        Result<Rows> rows = co_await std::move(claiming);
        if (rows) {
            last_fault_.clear();
            for (store::OutboxRow& row : *rows) children_.spawn(deliver(std::move(row)));
        } else {
            next_due_.reset();
            report(rows.error());
        }
        Task<void> waiting = ticker_.wait(options_.poll, options_.idle, [this, seen] {
            if (children_.running() >= options_.max_concurrent) return false;
            return ended_ || version() != seen || (next_due_ && *next_due_ <= outbox_.clock_.now());
        });
        co_await std::move(waiting);
    }
    Task<void> draining = children_.drained();
    co_await std::move(draining);
}

void Outbox::Loop::report(const Error& error) {
    if (std::exchange(last_fault_, error.message) == error.message) return;
    log::warn("the outbox can't be read", {{"error", error.message}});
}

Task<Result<Outbox::Loop::Rows>> Outbox::Loop::claim() {
    store::Store& store = outbox_.store_;
    // Read first: a write costs every process of the data directory a turn.
    const auto read_due = [&store] {
        return store::query(store, [](const store::Snapshot& s) { return s.outbox().next_due(); });
    };
    auto reading = outbox_.workers_.run(read_due);
    const Result<std::optional<TimePoint>> due = co_await std::move(reading);
    if (!due) co_return due.error();
    next_due_ = *due;
    const TimePoint now = outbox_.clock_.now();
    const std::size_t room = options_.max_concurrent - children_.running();
    if (!next_due_ || *next_due_ > now || room == 0) co_return Rows{};

    const auto rows = std::make_shared<Rows>();
    store::Write claiming = [rows, now, until = now + options_.lease,
                             room](store::Transaction& t) -> Result<void> {
        auto claimed = t.outbox().claim_due(now, until, room);
        if (!claimed) return claimed.error();
        *rows = std::move(*claimed);
        return {};
    };
    Task<Result<void>> writing = store::write(store, std::move(claiming));
    const Result<void> claimed = co_await std::move(writing);
    if (!claimed) co_return claimed.error();
    // What is due next is another row now.
    ended_ = true;
    co_return std::move(*rows);
}

Task<Result<void>> Outbox::Loop::attempt(const store::OutboxRow& row) {
    const auto found =
        std::find_if(outbox_.notifiers_.begin(), outbox_.notifiers_.end(),
                     [&](const auto& notifier) { return notifier->name() == row.channel; });
    if (found == outbox_.notifiers_.end()) {
        co_return make_error(Errc::unsupported,
                             "no notify entry of the configuration is named " + row.channel);
    }
    const Notification notification{row.id, row.approval_id, outbox_.clock_.now(), row.body};
    std::string fault;
    try {
        Task<Result<void>> delivering = (*found)->deliver(notification);
        co_return co_await std::move(delivering);
    } catch (const std::exception& error) {
        fault = error.what();
    }
    co_return make_error(Errc::internal, std::move(fault));
}

void Outbox::Loop::settle(store::OutboxRow& row, const Result<void>& delivered) const {
    const TimePoint now = outbox_.clock_.now();
    ++row.attempts;
    row.next_attempt_at = now;
    if (delivered) {
        row.state = "delivered";
        row.last_error.clear();
        return;
    }
    row.last_error = delivered.error().message.substr(0, kMaxKeptError);
    if (delivered.error().code == Errc::unsupported || row.attempts >= options_.max_attempts ||
        now - row.created_at >= options_.give_up) {
        row.state = "dead";
        log::warn("a notification could not be delivered and is given up",
                  {{"channel", row.channel},
                   {"approval", row.approval_id},
                   {"attempts", row.attempts},
                   {"error", row.last_error}});
        return;
    }
    row.next_attempt_at = now + retry_delay(options_, row.attempts, random_fraction());
}

Task<void> Outbox::Loop::deliver(store::OutboxRow row) {
    Task<Result<void>> attempting = attempt(row);
    const Result<void> delivered = co_await std::move(attempting);
    settle(row, delivered);
    store::Write updating = [row](store::Transaction& t) { return t.outbox().update(row); };
    Task<Result<void>> writing = store::write(outbox_.store_, std::move(updating));
    const Result<void> updated = co_await std::move(writing);
    // Not recorded: its lease lapses and it is delivered again, which receivers notice by its id.
    if (!updated) {
        log::warn("a delivery can't be recorded",
                  {{"channel", row.channel}, {"error", updated.error().message}});
    }
    ended_ = true;
}

Outbox::Outbox(store::Store& store, const Clock& clock, async::WorkerPool& workers,
               std::vector<std::unique_ptr<Notifier>> notifiers, OutboxOptions options)
    : store_(store),
      clock_(clock),
      workers_(workers),
      notifiers_(std::move(notifiers)),
      options_(options) {}

Outbox::~Outbox() = default;

Task<void> Outbox::run(async::CancelToken cancel) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Loop loop(*this, executor, cancel);
    Task<void> running = loop.run();
    co_await std::move(running);
}

}  // namespace kimbap::approval
