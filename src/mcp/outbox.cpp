#include "mcp/outbox.hpp"

#include <utility>

#include "mcp/wakeup.hpp"

namespace kimbap::mcp {

bool Outbox::push(std::string message, Kind kind) {
    const std::lock_guard lock(mutex_);
    if (end_ != State::open) return false;
    const auto size = message.size();
    const auto waiting = last_seq_ + 1 - next_;
    const bool full = waiting >= bounds_.max_messages ||
                      (waiting > 0 && waiting_bytes_ + size > bounds_.max_bytes);
    if (full && kind == Kind::droppable) return false;
    if (full && kind == Kind::normal) {
        end_ = State::overflowed;
        wake();
        return false;
    }
    events_.push_back({++last_seq_, kind, std::make_shared<const std::string>(std::move(message))});
    bytes_ += size;
    waiting_bytes_ += size;
    trim();
    wake();
    return true;
}

void Outbox::finish() {
    const std::lock_guard lock(mutex_);
    if (end_ == State::open) end_ = State::finished;
    wake();
}

void Outbox::release(std::chrono::milliseconds retry) {
    const std::lock_guard lock(mutex_);
    if (end_ != State::open) return;
    released_ = retry;
    wake();
}

bool Outbox::finished() const {
    const std::lock_guard lock(mutex_);
    return end_ != State::open;
}

std::shared_ptr<Outbox::Reader> Outbox::attach(asio::any_io_executor executor,
                                               std::optional<std::uint64_t> after) {
    auto reader = std::make_shared<Reader>();
    reader->outbox_ = shared_from_this();
    reader->wakeup_ = std::make_shared<Wakeup>(std::move(executor));
    const std::lock_guard lock(mutex_);
    wake();  // Whoever read before finds itself superseded.
    reader->generation_ = ++generation_;
    reader_ = reader->wakeup_;
    released_.reset();
    if (after && *after < next_) {
        for (const auto& event : events_) {
            if (event.seq > *after && event.seq < next_) waiting_bytes_ += event.text->size();
        }
        next_ = *after + 1;
    }
    return reader;
}

void Outbox::wake() {
    if (reader_) reader_->notify();
}

void Outbox::trim() {
    while (!events_.empty() && events_.front().seq < next_ &&
           (next_ - events_.front().seq > bounds_.retained || bytes_ > bounds_.max_bytes)) {
        bytes_ -= events_.front().text->size();
        events_.pop_front();
    }
}

void Outbox::collect(Batch& batch) {
    if (!events_.empty()) {
        const auto first = events_.front().seq;
        const auto skip = next_ > first ? next_ - first : 0;
        batch.events.assign(events_.begin() + static_cast<std::ptrdiff_t>(skip), events_.end());
    }
    next_ = last_seq_ + 1;
    waiting_bytes_ = 0;
    trim();
    if (end_ == State::overflowed || end_ == State::finished) {
        batch.state = end_;
    } else if (released_) {
        batch.state = State::released;
        batch.retry = *std::exchange(released_, std::nullopt);
    }
}

Task<Outbox::Batch> Outbox::Reader::read(std::chrono::milliseconds limit) {
    Batch batch;
    bool notified = true;
    for (bool first = true;; first = false) {
        {
            const std::lock_guard lock(outbox_->mutex_);
            if (generation_ != outbox_->generation_) {
                batch.state = State::superseded;
                co_return batch;
            }
            outbox_->collect(batch);
        }
        if (!batch.events.empty() || batch.state != State::open || !first) break;
        auto waiting = wakeup_->wait(limit);
        notified = co_await std::move(waiting);
    }
    batch.timed_out = !notified;
    co_return batch;
}

Outbox::Reader::~Reader() {
    if (!outbox_) return;
    // The wakeup's timer must not outlive the reader's io_context.
    const std::lock_guard lock(outbox_->mutex_);
    if (outbox_->generation_ == generation_) outbox_->reader_.reset();
}

void Outbox::Reader::interrupt() {
    wakeup_->notify();
}

}  // namespace kimbap::mcp
