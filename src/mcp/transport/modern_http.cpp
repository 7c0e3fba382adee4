#include "mcp/transport/modern_http.hpp"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/modern/headers.hpp"
#include "mcp/modern/request.hpp"
#include "mcp/modern/subscription.hpp"
#include "mcp/transport/event_stream.hpp"
#include "mcp/transport/modern_call.hpp"

namespace kimbap::mcp {
namespace {

RequestContext::Parts parts_of(const Exchange& exchange, modern::Request& request) {
    RequestContext::Parts parts;
    parts.principal = exchange.principal;
    parts.client = request.client;
    parts.request_id = request.message.id;
    parts.meta = std::move(request.meta);
    parts.log_level = request.log_level;
    return parts;
}

/// Mcp-Name, then the tool's Mcp-Param headers.
std::optional<ProtocolError> check_headers(const Exchange& exchange, const Message& message,
                                           const modern::HeaderLookup& headers,
                                           const RequestContext& context) {
    auto error = modern::check_name_header(headers, message.method, message.params);
    if (error || message.method != "tools/call") return error;
    const auto* name = message.params.if_contains("name");
    if (!name || !name->is_string()) return std::nullopt;
    const auto declared =
        exchange.core->providers.tools->header_params(context, name->get_string());
    if (!declared) return std::nullopt;
    const auto* arguments = message.params.if_contains("arguments");
    static const json::object kNone;
    const auto* object = arguments ? arguments->if_object() : nullptr;
    return modern::check_param_headers(headers, *declared, object ? *object : kNone);
}

Task<void> serve_listen(Exchange& exchange, modern::Request request) {
    const auto core = exchange.core;
    const auto id = request.message.id;
    const StreamSlot slot(core);
    if (!slot.taken()) {
        auto sending = send_error(
            exchange, 503,
            {code::kTooManyRequests, "As many streams are open as the server serves", {}}, id);
        co_await std::move(sending);
        co_return;
    }
    auto filter =
        modern::read_filter(request.message.params, core->options.limits.max_subscriptions);
    if (std::holds_alternative<modern::Filter>(filter)) {
        RequestContext context(parts_of(exchange, request));
        auto granting = modern::Subscription::grant(
            *core, std::move(std::get<modern::Filter>(filter)), context);
        filter = co_await std::move(granting);
    }
    if (const auto* error = std::get_if<ProtocolError>(&filter)) {
        auto sending = send_error(exchange, modern::http_status(*error), *error, id);
        co_await std::move(sending);
        co_return;
    }
    auto executor = co_await asio::this_coro::executor;
    const auto outbox = std::make_shared<Outbox>(core->stream_bounds(0));
    const auto subscription = std::make_shared<modern::Subscription>(
        core, id, std::move(std::get<modern::Filter>(filter)), outbox, true);
    subscription->acknowledge();
    core->changes.add(subscription);
    if (core->draining) subscription->close();

    auto beginning = exchange.response.begin_stream(net::http::status::ok, "text/event-stream",
                                                    stream_headers());
    const auto begun = co_await std::move(beginning);
    if (begun) {
        auto reader = outbox->attach(std::move(executor));
        Outbox::Batch nothing;
        StreamSettings settings;
        auto pumping =
            pump_events(exchange, std::move(reader), std::move(nothing), std::move(settings));
        const auto end = co_await std::move(pumping);
        if (end == StreamEnd::revoked) {
            std::string event;
            append_event(event, {},
                         notification("notifications/cancelled",
                                      R"({"requestId":)" + id +
                                          R"(,"reason":"the token is no longer valid"})"));
            auto telling = exchange.response.write(event);
            static_cast<void>(co_await std::move(telling));
        }
        auto ending = exchange.response.end();
        co_await std::move(ending);
    }
    subscription->abandon();
    core->changes.remove(*subscription);
}

Task<void> serve_call(Exchange& exchange, modern::Request request, Method method,
                      const modern::HeaderLookup& headers) {
    auto executor = co_await asio::this_coro::executor;
    RunningCall running(exchange.core->running, executor);
    const auto call = std::make_shared<ModernCall>(exchange, running, executor);
    auto& message = request.message;
    auto parts = parts_of(exchange, request);
    parts.channel = call.get();
    parts.cancel = running.token();
    RequestContext context(std::move(parts));
    if (auto error = check_headers(exchange, message, headers, context)) {
        auto sending = send_error(exchange, 400, std::move(*error), message.id);
        co_await std::move(sending);
        co_return;
    }
    call->arm();
    auto work = exchange.core->dispatcher.dispatch(method, std::move(message.params), context);
    const auto outcome = co_await std::move(work);
    const auto* error = std::get_if<ProtocolError>(&outcome);
    auto finishing = call->finish(error ? modern::http_status(*error) : 200,
                                  exchange.core->modern_writer.response(message.id, outcome));
    co_await std::move(finishing);
}

}  // namespace

Task<void> serve_modern_post(Exchange& exchange, Message message) {
    const auto& core = *exchange.core;
    if (message.kind == Message::Kind::notification) {
        auto sending = send_json(exchange, 202, {});
        co_await std::move(sending);
        co_return;
    }
    if (message.kind == Message::Kind::response) {
        auto sending =
            send_error(exchange, 400,
                       {code::kInvalidRequest, "Clients of this revision send no responses", {}});
        co_await std::move(sending);
        co_return;
    }
    const modern::HeaderLookup headers = [&exchange](std::string_view name) {
        return exchange.header(name);
    };
    const auto id = message.id;
    auto opened = modern::open_request(std::move(message), headers);
    if (auto* rejection = std::get_if<modern::Rejection>(&opened)) {
        auto sending =
            send_error(exchange, rejection->http_status, std::move(rejection->error), id);
        co_await std::move(sending);
        co_return;
    }
    auto& request = std::get<modern::Request>(opened);
    const auto name = request.message.method;
    if (name == "server/discover") {
        auto sending = send_json(exchange, 200, core.modern_writer.discover(id));
        co_await std::move(sending);
        co_return;
    }
    const auto method = parse_method(name);
    const bool listen = name == "subscriptions/listen";
    std::optional<ProtocolError> refused;
    if (!listen && (!method || !core.dispatcher.offers(*method))) {
        refused = ProtocolError{code::kMethodNotFound, "Method not found: " + name, {}};
    } else if (core.draining) {
        refused = core.draining_error();
    }
    if (refused) {
        const auto status = modern::http_status(*refused);
        auto sending = send_error(exchange, status, std::move(*refused), id);
        co_await std::move(sending);
        co_return;
    }
    if (listen) {
        auto serving = serve_listen(exchange, std::move(request));
        co_await std::move(serving);
        co_return;
    }
    auto serving = serve_call(exchange, std::move(request), *method, headers);
    co_await std::move(serving);
}

}  // namespace kimbap::mcp
