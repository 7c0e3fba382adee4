#include "mcp/relay/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/json_text.hpp"
#include "base/log.hpp"
#include "mcp/jsonrpc.hpp"

namespace kimbap::mcp::relay {
namespace {

Outbox::Kind kind_of(const ServerMessage& message) {
    if (!message.id.empty()) return Outbox::Kind::response;
    if (message.value.is_object() && message.value.get_object().contains("id")) {
        return Outbox::Kind::question;
    }
    const bool droppable =
        message.method == "notifications/progress" || message.method == "notifications/message";
    return droppable ? Outbox::Kind::droppable : Outbox::Kind::normal;
}

std::string message_of(const json::value& body, std::string_view otherwise) {
    const auto* object = body.if_object();
    const auto* error = object ? object->if_contains("error") : nullptr;
    const auto* text =
        error && error->is_object() ? error->get_object().if_contains("message") : nullptr;
    return text && text->is_string() ? std::string(text->get_string()) : std::string(otherwise);
}

ProtocolError error_of(const std::string& server, const Reply& reply) {
    if (reply.status == 0 && !reply.maybe_acted_upon) {
        return {code::kRelayFailed,
                "kimbap serve can't be reached at " + server + " (" + reply.problem +
                    "). It may be restarting: try again; else its operator has to start it.",
                {}};
    }
    if (reply.status == 0 || reply.ok()) {
        return {code::kRelayFailed,
                "The connection to kimbap serve at " + server + " ended before the answer came" +
                    (reply.problem.empty() ? "" : " (" + reply.problem + ")") +
                    ". Whether the request took effect is unknown: check before repeating it.",
                {}};
    }
    const auto body = parse_json(reply.body);
    const json::value value = body ? *body : json::value();
    const auto said = message_of(value, "HTTP status " + std::to_string(reply.status));
    if (reply.status == 401) {
        return {code::kRelayFailed,
                "kimbap serve at " + server + " refuses the token in KIMBAP_TOKEN: " + said,
                {}};
    }
    return {code_of(value), said, {}};
}

}  // namespace

int code_of(const json::value& body) {
    const auto* object = body.if_object();
    const auto* error = object ? object->if_contains("error") : nullptr;
    const auto* number =
        error && error->is_object() ? error->get_object().if_contains("code") : nullptr;
    const bool is_code = number && number->is_int64();
    return is_code ? static_cast<int>(number->get_int64()) : code::kRelayFailed;
}

ServerMessage read_server_message(std::string_view text) {
    ServerMessage message;
    auto value = parse_json(text);
    if (!value) return message;
    message.value = std::move(*value);
    const auto* object = message.value.if_object();
    if (!object) return message;
    const auto* method = object->if_contains("method");
    if (method && method->is_string()) {
        message.method = method->get_string();
    } else if (const auto* id = object->if_contains("id")) {
        message.id = id_text(*id);
    }
    return message;
}

void Wire::deliver(const ServerMessage& message, std::string text) {
    outbox->push(std::move(text), kind_of(message));
}

void Wire::refuse(const std::vector<std::string>& ids, const ProtocolError& error) {
    for (const auto& id : ids) {
        outbox->push(error_response(id, error, null_ids), Outbox::Kind::response);
    }
}

void Wire::conclude(const std::vector<std::string>& unanswered, const Reply& reply) {
    if (unanswered.empty()) return;
    // The server's error under the client's own identifier goes on as it is, with its data.
    if (!reply.ok() && unanswered.size() == 1) {
        const auto message = read_server_message(reply.body);
        const bool own = message.value.is_object() && message.id == unanswered.front();
        if (own || message.value.is_array()) {
            outbox->push(to_json(message.value), Outbox::Kind::response);
            return;
        }
    }
    refuse(unanswered, error_of(link.server(), reply));
}

void Wire::report(const ClientLine& line, const Reply& reply) const {
    log::warn("a message did not reach kimbap serve",
              {{"method", line.method}, {"reason", error_of(link.server(), reply).message}});
}

Task<void> pause(asio::any_io_executor executor, std::chrono::milliseconds time,
                 async::CancelToken cancel) {
    const auto timer = std::make_shared<asio::steady_timer>(executor, time);
    const auto registration = cancel.on_cancel([timer] { timer->cancel(); });
    if (cancel.cancelled()) co_return;
    auto waiting = timer->async_wait(asio::as_tuple(asio::use_awaitable));
    co_await std::move(waiting);
}

std::vector<std::string> list_change_methods() {
    return {"notifications/tools/list_changed", "notifications/prompts/list_changed",
            "notifications/resources/list_changed"};
}

}  // namespace kimbap::mcp::relay
