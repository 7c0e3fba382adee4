#include "mcp/transport/sse_http.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "mcp/legacy/conversation.hpp"
#include "mcp/transport/event_stream.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::string_view kSessionParameter = "session_id=";

std::string session_id(std::string_view query) {
    for (const auto part : split(query, '&')) {
        if (!part.starts_with(kSessionParameter)) continue;
        return percent_decode(part.substr(kSessionParameter.size())).value_or("");
    }
    return {};
}

Task<void> refuse(Exchange& exchange, int status, int code, std::string message) {
    const ProtocolError error{code, std::move(message), {}};
    auto sending = send_error(exchange, status, error, {}, true);
    co_await std::move(sending);
}

}  // namespace

Task<void> serve_sse_stream(Exchange& exchange, std::string messages_path) {
    const auto core = exchange.core;
    const StreamSlot slot(core);
    std::shared_ptr<legacy::Session> session;
    if (slot.taken() && !core->draining) {
        auto outbox = std::make_shared<Outbox>(core->stream_bounds(0));
        session = core->sessions.create(exchange.principal, std::move(outbox),
                                        core->options.default_log_level,
                                        legacy::Session::OnDrain::end_after_calls);
    }
    if (!session) {
        const auto error =
            core->draining
                ? core->draining_error()
                : ProtocolError{
                      code::kTooManyRequests, "As many streams are open as the server serves", {}};
        auto sending = send_error(exchange, 503, error, {}, true);
        co_await std::move(sending);
        co_return;
    }
    core->changes.add(session);
    auto executor = co_await asio::this_coro::executor;
    auto reader = session->outbox()->attach(std::move(executor));
    auto beginning = exchange.response.begin_stream(net::http::status::ok, "text/event-stream",
                                                    stream_headers());
    auto sent = co_await std::move(beginning);
    if (sent) {
        std::string endpoint;
        append_event(endpoint, {},
                     messages_path + "?" + std::string(kSessionParameter) + session->id(),
                     "endpoint");
        auto writing = exchange.response.write(endpoint);
        sent = co_await std::move(writing);
    }
    if (sent) {
        Outbox::Batch nothing;
        StreamSettings settings{{}, session};
        auto pumping =
            pump_events(exchange, std::move(reader), std::move(nothing), std::move(settings));
        co_await std::move(pumping);
        auto ending = exchange.response.end();
        co_await std::move(ending);
    }
    core->changes.remove(*session);
    core->sessions.remove(*session);
}

Task<void> serve_sse_message(Exchange& exchange) {
    const auto session =
        exchange.core->sessions.find(session_id(exchange.request.query()), *exchange.principal);
    if (!session) {
        auto refusing = refuse(exchange, 404, code::kInvalidRequest,
                               "No such session; open the event stream anew");
        co_await std::move(refusing);
        co_return;
    }
    auto body = parse_json(exchange.request.body);
    if (!body) {
        auto refusing = refuse(exchange, 400, code::kParseError, body.error().message);
        co_await std::move(refusing);
        co_return;
    }
    auto message = read_message(std::move(*body));
    if (message.kind == Message::Kind::invalid) {
        auto sending = send_error(exchange, 400, *message.error, message.id, true);
        co_await std::move(sending);
        co_return;
    }
    if (message.kind == Message::Kind::notification) {
        legacy::on_notification(*session, message);
    } else if (message.kind == Message::Kind::response) {
        session->questions().answer(std::move(message));
    } else {
        auto executor = co_await asio::this_coro::executor;
        auto outbox = session->outbox();
        asio::co_spawn(executor,
                       legacy::serve_request(exchange.core, session, std::move(message),
                                             legacy::Route{std::move(outbox)}),
                       [](std::exception_ptr) {});
    }
    auto sending = send_json(exchange, 202, {});
    co_await std::move(sending);
}

}  // namespace kimbap::mcp
