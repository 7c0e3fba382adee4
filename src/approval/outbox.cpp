#include "approval/outbox.hpp"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <utility>

#include "approval/child_tasks.hpp"
#include "approval/outbox_rules.hpp"
#include "approval/ticker.hpp"
#include "async/worker_pool.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "store/outbox_store.hpp"
#include "store/store.hpp"

namespace kimbap::approval {

namespace {

/// Rows of channels that nobody has configured any more, declared dead at one look.
constexpr std::size_t kOrphans = 32;
/// A row that waits for another isn't looked at again before.
constexpr std::chrono::milliseconds kShortestWait{250};

double random_fraction() {
    std::array<unsigned char, 4> bytes{};
    random_bytes(bytes);
    const std::uint32_t number = static_cast<std::uint32_t>(bytes[0]) << 24U |
                                 static_cast<std::uint32_t>(bytes[1]) << 16U |
                                 static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
    return number / 4294967296.0;
}

}  // namespace

/// One run().
class Outbox::Loop {
public:
    Loop(Outbox& outbox, const asio::any_io_executor& executor, const async::CancelToken& cancel,
         const async::CancelToken& last)
        : outbox_(outbox),
          options_(outbox.options_),
          cancel_(cancel),
          last_(last),
          ticker_(executor, cancel),
          children_(executor) {
        for (const auto& notifier : outbox.notifiers_) {
            channels_[notifier->name()].notifier = notifier.get();
        }
    }

    Task<void> run();

private:
    using Rows = std::vector<store::OutboxRow>;

    struct Channel {
        Notifier* notifier = nullptr;  ///< None: no entry of the configuration has this name.
        std::size_t running = 0;
        TimePoint paused_until{};  ///< The receiver asked to be left alone.

        [[nodiscard]] std::size_t room() const {
            const std::size_t most = notifier != nullptr ? notifier->max_concurrent() : kOrphans;
            return most - std::min(most, running);
        }
    };
    /// How many rows of which channel to claim, and when they have to be due.
    struct Share {
        std::string channel;
        std::size_t room;
        TimePoint due_by;
    };
    using Shares = std::vector<Share>;

    [[nodiscard]] std::uint64_t version() const {
        return outbox_.store_.changes().version(store::Topic::outbox);
    }
    /// What is due, claimed. Also finds out when the next is.
    Task<Result<Rows>> claim();
    Shares shares(const std::vector<store::ChannelDue>& due);
    Task<void> deliver(store::OutboxRow row);
    Task<void> deliver_in_turn(store::OutboxRow row, Channel& channel);
    /// The receipt of the message to update; nullopt where the row has to wait for an earlier one.
    Task<Result<std::optional<std::string>>> earlier(const store::OutboxRow& row);
    Task<void> put_off(store::OutboxRow row);
    Task<Delivery> attempt(const store::OutboxRow& row, std::string earlier);
    Task<void> record(store::OutboxRow row, bool wake_later);
    void report(const Error& error);

    Outbox& outbox_;
    const OutboxOptions& options_;
    const async::CancelToken& cancel_;
    const async::CancelToken& last_;
    Ticker ticker_;
    ChildTasks children_;
    std::map<std::string, Channel> channels_;
    std::optional<TimePoint> next_due_;
    bool ended_ = false;  ///< A delivery ended since the store was asked.
    std::string last_fault_;
};

Task<void> Outbox::Loop::run() {
    while (!cancel_.cancelled()) {
        const std::uint64_t seen = version();
        const bool last = last_.cancelled();
        ended_ = false;
        Task<Result<Rows>> claiming = claim();
        Result<Rows> rows = co_await std::move(claiming);
        if (rows) {
            last_fault_.clear();
            for (store::OutboxRow& row : *rows) {
                ++channels_[row.channel].running;
                children_.spawn(deliver(std::move(row)));
            }
        } else {
            next_due_.reset();
            report(rows.error());
        }
        if (last && !ended_ && children_.running() == 0) break;
        Task<void> waiting = ticker_.wait(options_.poll, options_.idle, [this, seen, last] {
            return ended_ || version() != seen || last != last_.cancelled() ||
                   (next_due_ && *next_due_ <= outbox_.clock_.now());
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

Outbox::Loop::Shares Outbox::Loop::shares(const std::vector<store::ChannelDue>& due) {
    const TimePoint now = outbox_.clock_.now();
    Shares out;
    next_due_.reset();
    for (const store::ChannelDue& one : due) {
        const Channel& channel = channels_[one.channel];
        if (channel.room() == 0) continue;  // the end of a delivery brings the next look
        // No pause is longer than longest_retry, also where the clock was set back meanwhile.
        const bool paused = channel.paused_until <= now + options_.longest_retry;
        const bool orphan = channel.notifier == nullptr;
        const auto delay = orphan ? options_.orphaned : std::chrono::milliseconds(0);
        const TimePoint due = one.at + delay;
        const TimePoint at = paused ? std::max(due, channel.paused_until) : due;
        if (at <= now) {
            out.push_back({one.channel, channel.room(), now - delay});
        } else if (!next_due_ || at < *next_due_) {
            next_due_ = at;
        }
    }
    return out;
}

Task<Result<Outbox::Loop::Rows>> Outbox::Loop::claim() {
    store::Store& store = outbox_.store_;
    // Read first: a write costs every process of the data directory a turn.
    auto reading = outbox_.workers_.run([&store] {
        return store::query(store, [](const store::Snapshot& s) { return s.outbox().due(); });
    });
    const auto due = co_await std::move(reading);
    if (!due) co_return due.error();
    const Shares wanted = shares(*due);
    if (wanted.empty()) co_return Rows{};

    const auto rows = std::make_shared<Rows>();
    store::Write claiming = [rows, until = outbox_.clock_.now() + options_.lease,
                             wanted](store::Transaction& t) -> Result<void> {
        for (const Share& share : wanted) {
            auto claimed = t.outbox().claim_due(share.channel, share.due_by, until, share.room);
            if (!claimed) return claimed.error();
            std::move(claimed->begin(), claimed->end(), std::back_inserter(*rows));
        }
        return {};
    };
    Task<Result<void>> writing = store::write(store, std::move(claiming));
    const Result<void> claimed = co_await std::move(writing);
    if (!claimed) co_return claimed.error();
    // What is due next is another row now.
    ended_ = true;
    co_return std::move(*rows);
}

Task<Result<std::optional<std::string>>> Outbox::Loop::earlier(const store::OutboxRow& row) {
    auto reading = outbox_.workers_.run([&store = outbox_.store_, id = row.approval_id] {
        return store::query(store,
                            [&id](const store::Snapshot& s) { return s.outbox().of_approval(id); });
    });
    const Result<Rows> rows = co_await std::move(reading);
    if (!rows) co_return rows.error();
    if (waits_for(row, *rows) != nullptr) co_return std::optional<std::string>();
    co_return std::optional<std::string>(earlier_receipt(row, *rows));
}

/// Until the row that it waits for is due; its end wakes this one besides.
Task<void> Outbox::Loop::put_off(store::OutboxRow row) {
    const TimePoint now = outbox_.clock_.now();
    store::Write putting = [row, now](store::Transaction& t) mutable -> Result<void> {
        const auto rows = t.outbox().of_approval(row.approval_id);
        if (!rows) return rows.error();
        // It may have ended since it was looked at.
        const store::OutboxRow* const first = waits_for(row, *rows);
        row.next_attempt_at =
            first == nullptr ? now : std::max(first->next_attempt_at, now + kShortestWait);
        return t.outbox().update(row);
    };
    Task<Result<void>> writing = store::write(outbox_.store_, std::move(putting));
    static_cast<void>(co_await std::move(writing));  // else its lease lapses, to the same end
}

Task<Delivery> Outbox::Loop::attempt(const store::OutboxRow& row, std::string earlier) {
    Notifier* const notifier = channels_[row.channel].notifier;
    if (notifier == nullptr) {
        co_return make_error(Errc::unsupported,
                             "no process has a notify entry named " + row.channel);
    }
    const Notification notification{row.id,   row.approval_id, outbox_.clock_.now(),
                                    row.body, row.recipient,   std::move(earlier)};
    std::string fault;
    try {
        Task<Delivery> delivering = notifier->deliver(notification);
        co_return co_await std::move(delivering);
    } catch (const std::exception& error) {
        fault = error.what();
    }
    co_return make_error(Errc::internal, std::move(fault));
}

Task<void> Outbox::Loop::record(store::OutboxRow row, bool wake_later) {
    const bool ended = row.state != "pending";
    store::Write updating = [row, ended, wake_later](store::Transaction& t) -> Result<void> {
        const Result<void> updated = t.outbox().update(row);
        if (!updated || !ended || !wake_later) return updated;
        const auto rows = t.outbox().of_approval(row.approval_id);
        if (!rows) return rows.error();
        for (store::OutboxRow later : *rows) {
            if (later.state != "pending" || later.id < row.id || !same_thread(later, row)) continue;
            later.next_attempt_at = row.next_attempt_at;
            const Result<void> woken = t.outbox().update(later);
            if (!woken) return woken;
        }
        return {};
    };
    Task<Result<void>> writing = store::write(outbox_.store_, std::move(updating));
    const Result<void> updated = co_await std::move(writing);
    // Not recorded: its lease lapses and it is delivered again, which receivers notice by its id.
    if (!updated) {
        log::warn("a delivery can't be recorded",
                  {{"channel", row.channel}, {"error", updated.error().message}});
    }
}

Task<void> Outbox::Loop::deliver(store::OutboxRow row) {
    Channel& channel = channels_[row.channel];
    try {
        Task<void> delivering = deliver_in_turn(std::move(row), channel);
        co_await std::move(delivering);
    } catch (const std::exception& error) {
        log::error("a delivery failed", {{"error", error.what()}});
    }
    // Not by a destructor: at the end of the process this may outlive the loop, unfinished.
    --channel.running;
    ended_ = true;
}

Task<void> Outbox::Loop::deliver_in_turn(store::OutboxRow row, Channel& channel) {
    const bool ordered = channel.notifier != nullptr && channel.notifier->updates_messages();
    std::optional<Delivery> delivery;
    std::string before;
    if (ordered) {
        auto looking = earlier(row);
        Result<std::optional<std::string>> found = co_await std::move(looking);
        if (found && !*found) {
            Task<void> putting = put_off(std::move(row));
            co_return co_await std::move(putting);
        }
        if (found) before = std::move(**found);
        if (!found) delivery.emplace(found.error());
    }
    if (!delivery) {
        Task<Delivery> attempting = attempt(row, std::move(before));
        delivery.emplace(co_await std::move(attempting));
    }
    const TimePoint now = outbox_.clock_.now();
    settle(options_, row, *delivery, now, random_fraction());
    if (delivery->retry_after) {
        channel.paused_until = std::max(
            channel.paused_until, now + std::min(*delivery->retry_after, options_.longest_retry));
    }
    if (row.state == "dead") {
        log::warn("a notification could not be delivered and is given up",
                  {{"channel", row.channel},
                   {"approval", row.approval_id},
                   {"attempts", row.attempts},
                   {"error", row.last_error}});
    }
    Task<void> recording = record(std::move(row), ordered);
    co_await std::move(recording);
}

Outbox::Outbox(store::Store& store, const Clock& clock, async::WorkerPool& workers,
               std::vector<std::unique_ptr<Notifier>> notifiers, OutboxOptions options)
    : store_(store),
      clock_(clock),
      workers_(workers),
      notifiers_(std::move(notifiers)),
      options_(options) {}

Outbox::~Outbox() = default;

Task<void> Outbox::run(async::CancelToken cancel, async::CancelToken last) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Loop loop(*this, executor, cancel, last);
    Task<void> running = loop.run();
    co_await std::move(running);
}

}  // namespace kimbap::approval
