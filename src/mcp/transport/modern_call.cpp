#include "mcp/transport/modern_call.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "mcp/transport/event_stream.hpp"
#include "mcp/wakeup.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::chrono::seconds kForever{3600};

}  // namespace

ModernCall::ModernCall(Exchange& exchange, RunningCall& call, asio::any_io_executor executor)
    : exchange_(exchange),
      call_(call),
      executor_(std::move(executor)),
      timer_(executor_),
      may_stream_(exchange.accepts("text/event-stream")) {}

void ModernCall::arm() {
    timer_.expires_after(exchange_.core->options.stream_after);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (error || !self || self->finishing_) return;
        self->watch_peer();
        if (self->may_stream_) self->start_stream();
    });
}

void ModernCall::watch_peer() {
    if (std::exchange(watching_, true)) return;
    peer_registration_ = exchange_.response.peer_closed().on_cancel([weak = weak_from_this()] {
        if (const auto self = weak.lock(); self && !self->finishing_) self->call_.cancel();
    });
}

void ModernCall::notify(std::string message) {
    if (!may_stream_ || finishing_) return;
    start_stream();
    outbox_->push(std::move(message), Outbox::Kind::droppable);
}

void ModernCall::start_stream() {
    if (outbox_) return;
    watch_peer();
    outbox_ = std::make_shared<Outbox>(exchange_.core->stream_bounds(0));
    ended_ = std::make_shared<Wakeup>(executor_);
    auto reader = outbox_->attach(executor_);
    asio::co_spawn(executor_, run_stream(std::move(reader)),
                   [self = shared_from_this()](std::exception_ptr) {
                       self->stream_ended_ = true;
                       self->ended_->notify();
                   });
}

Task<void> ModernCall::run_stream(std::shared_ptr<Outbox::Reader> reader) {
    auto beginning = exchange_.response.begin_stream(net::http::status::ok, "text/event-stream",
                                                     stream_headers());
    const auto begun = co_await std::move(beginning);
    if (!begun) {
        call_.cancel();
        co_return;
    }
    Outbox::Batch nothing;
    StreamSettings settings;
    auto pumping =
        pump_events(exchange_, std::move(reader), std::move(nothing), std::move(settings));
    const auto end = co_await std::move(pumping);
    if (end != StreamEnd::finished) call_.cancel();
    auto ending = exchange_.response.end();
    co_await std::move(ending);
}

Task<void> ModernCall::finish(int status, std::string body) {
    const auto self = shared_from_this();
    finishing_ = true;
    timer_.cancel();
    if (!outbox_) {
        auto sending = send_json(exchange_, status, std::move(body));
        co_await std::move(sending);
        co_return;
    }
    outbox_->push(std::move(body), Outbox::Kind::response);
    outbox_->finish();
    while (!stream_ended_) {
        auto waiting = ended_->wait(kForever);
        co_await std::move(waiting);
    }
}

}  // namespace kimbap::mcp
