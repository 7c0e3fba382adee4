#include "mcp/transport/stdio_peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/json_text.hpp"
#include "mcp/legacy/conversation.hpp"
#include "mcp/server_core.hpp"
#include "mcp/wakeup.hpp"

namespace kimbap::mcp {
namespace {

/// How long requests may go on once the input has ended.
constexpr std::chrono::seconds kEndGrace{10};

/// Makes a modern request findable by its identifier while it runs.
class CallEntry {
public:
    CallEntry(std::map<std::string, RunningCall*>& calls, std::string id, RunningCall& call)
        : calls_(calls), id_(std::move(id)) {
        calls_[id_] = &call;
    }
    ~CallEntry() { calls_.erase(id_); }
    CallEntry(const CallEntry&) = delete;
    CallEntry& operator=(const CallEntry&) = delete;

private:
    std::map<std::string, RunningCall*>& calls_;
    std::string id_;
};

class OutboxChannel final : public CallChannel {
public:
    explicit OutboxChannel(Outbox& outbox) : outbox_(outbox) {}
    void notify(std::string message) override {
        outbox_.push(std::move(message), Outbox::Kind::droppable);
    }

private:
    Outbox& outbox_;
};

RequestContext::Parts parts_of(const PrincipalPtr& principal, modern::Request& request) {
    RequestContext::Parts parts;
    parts.principal = principal;
    parts.client = request.client;
    parts.request_id = request.message.id;
    parts.meta = std::move(request.meta);
    parts.log_level = request.log_level;
    return parts;
}

}  // namespace

StdioPeer::StdioPeer(std::shared_ptr<ServerCore> core, PrincipalPtr principal,
                     std::shared_ptr<Outbox> outbox, asio::any_io_executor executor)
    : core_(std::move(core)),
      principal_(std::move(principal)),
      outbox_(std::move(outbox)),
      executor_(std::move(executor)),
      session_(std::make_shared<legacy::Session>(
          "stdio", principal_, outbox_, core_->options.limits, core_->options.default_log_level,
          legacy::Session::OnDrain::leave)),
      changed_(std::make_shared<Wakeup>(executor_)) {
    core_->changes.add(session_);
}

void StdioPeer::fail(const std::string& id, const ProtocolError& error) {
    // What has no identifier is null in JSON-RPC, and left out in MCP from 2025-11-25 on.
    const auto agreement = session_->agreement();
    const bool null_id = agreement && agreement->revision < Revision::v2025_11_25;
    outbox_->push(error_response(id, error, null_id), Outbox::Kind::response);
}

void StdioPeer::start(Task<void> work) {
    ++running_;
    asio::co_spawn(executor_, std::move(work), [self = shared_from_this()](std::exception_ptr) {
        --self->running_;
        self->changed_->notify();
    });
}

void StdioPeer::receive(LineReader::Line line) {
    if (line.too_long) {
        const auto limit = std::to_string(core_->options.limits.max_line_bytes);
        fail({}, {code::kInvalidRequest, "A message may hold " + limit + " bytes at most", {}});
        return;
    }
    auto value = parse_json(line.text);
    if (!value) {
        fail({}, {code::kParseError, value.error().message, {}});
        return;
    }
    if (!value->is_array()) {
        receive_message(std::move(*value));
        return;
    }
    const auto agreement = session_->agreement();
    auto& batch = value->get_array();
    if (!agreement || agreement->revision != Revision::v2025_03_26 || batch.empty() ||
        batch.size() > core_->options.limits.max_batch) {
        fail({}, {code::kInvalidRequest,
                  "Only revision 2025-03-26 has batches, of 1 to " +
                      std::to_string(core_->options.limits.max_batch) + " messages",
                  {}});
        return;
    }
    // Answering each by itself is allowed, and lets quick ones not wait for slow ones.
    for (auto& element : batch) receive_message(std::move(element));
}

void StdioPeer::receive_message(json::value&& value) {
    const bool modern = modern::has_modern_meta(value);
    auto message = read_message(std::move(value));
    switch (message.kind) {
        case Message::Kind::invalid:
            fail(message.id, *message.error);
            return;
        case Message::Kind::response:
            session_->questions().answer(std::move(message));
            return;
        case Message::Kind::notification:
            if (message.method == "notifications/cancelled") receive_cancelled(message);
            return;
        case Message::Kind::request:
            break;
    }
    if (modern || message.method == "server/discover" || message.method == "subscriptions/listen") {
        receive_modern(std::move(message));
        return;
    }
    start(serve_legacy(std::move(message)));
}

void StdioPeer::receive_cancelled(const Message& message) {
    const auto* requested = message.params.if_contains("requestId");
    const auto id = requested ? id_text(*requested) : std::string();
    if (const auto found = calls_.find(id); found != calls_.end()) {
        found->second->cancel();
    } else if (const auto listening = subscriptions_.find(id); listening != subscriptions_.end()) {
        core_->changes.remove(*listening->second);
        listening->second->abandon();
        subscriptions_.erase(listening);
    } else {
        session_->cancel_call(id);
    }
}

std::optional<ProtocolError> StdioPeer::admit(const std::string& id) const {
    if (core_->draining) return core_->draining_error();
    if (calls_.contains(id) || subscriptions_.contains(id)) {
        return ProtocolError{
            code::kInvalidRequest, "This id is in use by a request that still runs", {}};
    }
    const auto limit = core_->options.limits.max_pending_requests;
    if (running_ + subscriptions_.size() >= limit) {
        return ProtocolError{code::kTooManyRequests,
                             std::to_string(limit) + " requests run already; wait for an answer",
                             {}};
    }
    return std::nullopt;
}

void StdioPeer::receive_modern(Message&& message) {
    const auto id = message.id;
    auto opened = modern::open_request(std::move(message), nullptr);
    if (const auto* rejection = std::get_if<modern::Rejection>(&opened)) {
        fail(id, rejection->error);
        return;
    }
    auto& request = std::get<modern::Request>(opened);
    const auto& name = request.message.method;
    if (name == "server/discover") {
        outbox_->push(core_->modern_writer.discover(id), Outbox::Kind::response);
        return;
    }
    const auto method = parse_method(name);
    const bool listen = name == "subscriptions/listen";
    if (!listen && (!method || !core_->dispatcher.offers(*method))) {
        fail(id, {code::kMethodNotFound, "Method not found: " + name, {}});
    } else if (const auto refused = admit(id)) {
        fail(id, *refused);
    } else if (listen) {
        start(serve_listen(std::move(request)));
    } else {
        start(serve_modern(std::move(request), *method));
    }
}

Task<void> StdioPeer::serve_legacy(Message message) {
    legacy::Route route{outbox_};
    auto serving = legacy::serve_request(core_, session_, std::move(message), std::move(route));
    co_await std::move(serving);
}

Task<void> StdioPeer::serve_modern(modern::Request request, Method method) {
    const auto self = shared_from_this();
    RunningCall call(core_->running, executor_);
    const auto id = request.message.id;
    const CallEntry entry(calls_, id, call);
    OutboxChannel channel(*outbox_);
    auto parts = parts_of(principal_, request);
    parts.channel = &channel;
    parts.cancel = call.token();
    RequestContext context(std::move(parts));
    auto work = core_->dispatcher.dispatch(method, std::move(request.message.params), context);
    const auto outcome = co_await std::move(work);
    if (!call.owes_answer()) co_return;
    outbox_->push(core_->modern_writer.response(id, outcome), Outbox::Kind::response);
}

Task<void> StdioPeer::serve_listen(modern::Request request) {
    const auto self = shared_from_this();
    const auto id = request.message.id;
    auto filter =
        modern::read_filter(request.message.params, core_->options.limits.max_subscriptions);
    if (std::holds_alternative<modern::Filter>(filter)) {
        RequestContext context(parts_of(principal_, request));
        auto granting = modern::Subscription::grant(
            *core_, std::move(std::get<modern::Filter>(filter)), context);
        filter = co_await std::move(granting);
    }
    if (const auto* error = std::get_if<ProtocolError>(&filter)) {
        fail(id, modern::to_wire(*error));
        co_return;
    }
    auto subscription = std::make_shared<modern::Subscription>(
        core_, id, std::move(std::get<modern::Filter>(filter)), outbox_, false);
    subscription->acknowledge();
    core_->changes.add(subscription);
    subscriptions_[id] = std::move(subscription);
}

void StdioPeer::cancel_all() {
    for (const auto& [id, call] : calls_) call->handle().cancel();
    session_->close();
}

Task<void> StdioPeer::drain() {
    const auto self = shared_from_this();
    core_->changes.remove(*session_);
    session_->questions().close();
    for (const auto& [id, subscription] : subscriptions_) {
        core_->changes.remove(*subscription);
        subscription->close();
    }
    subscriptions_.clear();
    const auto deadline = std::chrono::steady_clock::now() + kEndGrace;
    while (running_ > 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        auto waiting = changed_->wait(left);
        co_await std::move(waiting);
    }
    if (running_ == 0) co_return;
    cancel_all();
    // Providers end soon after their token fires; what ignores it is waited for all the same, since
    // it uses this object.
    while (running_ > 0) {
        auto waiting = changed_->wait(kEndGrace);
        co_await std::move(waiting);
    }
}

}  // namespace kimbap::mcp
