#include "mcp/relay/relay.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/jsonrpc.hpp"
#include "mcp/legacy/conversation.hpp"
#include "mcp/options.hpp"
#include "mcp/relay/legacy_relay.hpp"
#include "mcp/relay/modern_relay.hpp"
#include "mcp/transport/line_channel.hpp"
#include "mcp/wakeup.hpp"

namespace kimbap::mcp::relay {
namespace {

/// For what runs when the input ends, and then for what was cancelled.
constexpr std::chrono::seconds kEndGrace{10};
constexpr std::chrono::seconds kCancelGrace{2};

}  // namespace

class Relay::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(net::HttpClient& http, Target target, Secret bearer, int in_fd, int out_fd)
        : link_(http, std::move(target), std::move(bearer)), in_fd_(in_fd), out_fd_(out_fd) {}

    Task<void> run() {
        const auto self = shared_from_this();
        auto executor = co_await asio::this_coro::executor;
        const auto outbox = std::make_shared<Outbox>(
            Outbox::Bounds{limits_.max_stream_messages, limits_.max_stream_bytes, 0});
        wire_.emplace(
            Wire{link_, outbox, executor, [this](Task<void> work) { start(std::move(work)); }});
        modern_.emplace(*wire_);
        legacy_.emplace(*wire_);
        changed_ = std::make_shared<Wakeup>(executor);
        channel_ = std::make_shared<LineChannel>(executor, in_fd_, out_fd_, limits_.max_line_bytes);
        channel_->write_from(outbox, [weak = weak_from_this()] {
            if (const auto alive = weak.lock()) alive->cancel_all();
        });
        if (!stopped_) {
            auto reading =
                channel_->read([this](LineReader::Line line) { receive(std::move(line)); });
            co_await std::move(reading);
        }
        auto ending = end();
        co_await std::move(ending);
        outbox->finish();
        auto writing = channel_->written();
        co_await std::move(writing);
    }

    void stop() {
        stopped_ = true;
        if (channel_) channel_->stop_reading();
    }

private:
    void cancel_all() {
        modern_->cancel_all();
        legacy_->cancel_all();
    }

    void receive(LineReader::Line raw) {
        if (raw.too_long) {
            return wire_->refuse(
                {""},
                {code::kInvalidRequest,
                 "A message may hold " + std::to_string(limits_.max_line_bytes) + " bytes at most",
                 {}});
        }
        auto line = read_client_line(std::move(raw.text));
        if (line.kind == ClientLine::Kind::invalid) {
            if (line.ids.empty()) line.ids.emplace_back();
            return wire_->refuse(line.ids, line.problem);
        }
        // On HTTP, closing a modern request's stream is what cancels it.
        if (!line.cancels.empty() && modern_->cancel(line.cancels)) return;
        const bool request = line.kind == ClientLine::Kind::request;
        if (request && running_ >= limits_.max_pending_requests) {
            return wire_->refuse(
                line.ids, {code::kTooManyRequests,
                           std::to_string(running_) + " requests run already; wait for an answer",
                           {}});
        }
        if (!line.modern && request && !legacy_->admits(line)) {
            return wire_->refuse(line.ids, legacy::no_revision());
        }
        if (!line.modern) return start(legacy_->serve(std::move(line)));
        if (!request) return;  // Notifications of this era say nothing that a server needs.
        if (modern_->running(line.ids.front())) {
            return wire_->refuse(
                line.ids,
                {code::kInvalidRequest, "This id is in use by a request that still runs", {}});
        }
        start(modern_->serve(std::move(line)));
    }

    void start(Task<void> work) {
        ++running_;
        asio::co_spawn(wire_->executor, std::move(work),
                       [self = shared_from_this()](std::exception_ptr) {
                           --self->running_;
                           self->changed_->notify();
                       });
    }

    Task<void> end() {
        modern_->cancel_subscriptions();
        legacy_->stop();
        auto finishing = settle(kEndGrace);
        co_await std::move(finishing);
        if (running_ == 0) {
            start(legacy_->end_session());
            auto saying_goodbye = settle(kCancelGrace);
            co_await std::move(saying_goodbye);
        }
        cancel_all();
        auto cancelling = settle(kCancelGrace);
        co_await std::move(cancelling);
    }

    /// Waits until nothing runs, or for so long.
    Task<void> settle(std::chrono::milliseconds limit) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (running_ > 0) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            if (left.count() <= 0) co_return;
            auto waiting = changed_->wait(left);
            co_await std::move(waiting);
        }
    }

    const Limits limits_;
    Link link_;
    const int in_fd_;
    const int out_fd_;
    std::optional<Wire> wire_;
    std::optional<ModernRelay> modern_;
    std::optional<LegacyRelay> legacy_;
    std::shared_ptr<Wakeup> changed_;
    std::shared_ptr<LineChannel> channel_;
    std::size_t running_ = 0;
    bool stopped_ = false;
};

Relay::Relay(net::HttpClient& http, Target target, Secret bearer, int in_fd, int out_fd)
    : impl_(std::make_shared<Impl>(http, std::move(target), std::move(bearer), in_fd, out_fd)) {}

Relay::~Relay() = default;

Task<void> Relay::run() {
    const auto impl = impl_;
    auto running = impl->run();
    co_await std::move(running);
}

void Relay::stop() {
    impl_->stop();
}

}  // namespace kimbap::mcp::relay
