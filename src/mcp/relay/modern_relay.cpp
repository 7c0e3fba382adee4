#include "mcp/relay/modern_relay.hpp"

#include <algorithm>
#include <utility>

#include "base/json_text.hpp"
#include "base/log.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/modern/headers.hpp"

namespace kimbap::mcp::relay {
namespace {

constexpr std::string_view kAcknowledged = "notifications/subscriptions/acknowledged";

/// The changes to a list that the acknowledged filter asks for.
std::vector<std::string> watched_lists(const json::value& acknowledged) {
    const auto* params = acknowledged.get_object().if_contains("params");
    const auto* object = params ? params->if_object() : nullptr;
    const auto* filter = object ? object->if_contains("notifications") : nullptr;
    std::vector<std::string> out;
    if (!filter || !filter->is_object()) return out;
    const char* const members[] = {"toolsListChanged", "promptsListChanged",
                                   "resourcesListChanged"};
    const auto methods = list_change_methods();
    for (std::size_t i = 0; i < methods.size(); ++i) {
        const auto* wanted = filter->get_object().if_contains(members[i]);
        if (wanted && wanted->is_bool() && wanted->get_bool()) out.push_back(methods[i]);
    }
    return out;
}

std::string tagged(std::string_view method, const std::string& subscription) {
    return notification(
        method, R"({"_meta":{"io.modelcontextprotocol/subscriptionId":)" + subscription + "}}");
}

/// Pages of a list that are read: a server that never ends it is left alone.
constexpr int kMaxPages = 1000;

json::object params_of(const std::string& message) {
    auto value = parse_json(message);
    auto* object = value ? value->if_object() : nullptr;
    auto* params = object ? object->if_contains("params") : nullptr;
    return params && params->is_object() ? std::move(params->get_object()) : json::object();
}

const json::object* object_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value ? value->if_object() : nullptr;
}

std::string string_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The name that a list has for a tool which may be called as service.action, too.
std::string offered(std::string name) {
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
}

/// Whether the server would not look at a call for what its headers lack; nothing was done then.
bool wants_headers(const Reply& reply) {
    if (reply.status != 400) return false;
    const auto value = parse_json(reply.body);
    return value && code_of(*value) == code::kHeaderMismatch;
}

void add_mirrored(const json::object& result,
                  std::map<std::string, HeaderParams, std::less<>>& all) {
    const auto* tools = result.if_contains("tools");
    if (!tools || !tools->is_array()) return;
    for (const auto& tool : tools->get_array()) {
        const auto* members = tool.if_object();
        const auto* schema = members ? object_in(*members, "inputSchema") : nullptr;
        if (!schema) continue;
        auto declared = header_params_of(*schema);
        auto* params = std::get_if<HeaderParams>(&declared);
        if (params && !params->empty())
            all[offered(string_in(*members, "name"))] = std::move(*params);
    }
}

}  // namespace

Link::Request ModernRelay::request_of(const ClientLine& line, async::CancelToken cancel) const {
    Link::Request request;
    request.body = line.text;
    request.headers = line.headers;
    request.cancel = std::move(cancel);
    if (mirrored_.empty() || line.method != "tools/call") return request;
    const auto params = params_of(line.text);
    const auto declared = mirrored_.find(offered(string_in(params, "name")));
    const auto* arguments = object_in(params, "arguments");
    if (declared == mirrored_.end() || !arguments) return request;
    for (auto& header : modern::param_headers(declared->second, *arguments)) {
        request.headers.push_back(std::move(header));
    }
    return request;
}

Task<bool> ModernRelay::learn_headers(const ClientLine& call, async::CancelToken cancel) {
    auto params = params_of(call.text);
    const auto* sent = object_in(params, "_meta");
    json::object meta = sent ? *sent : json::object();
    meta.erase("progressToken");
    std::map<std::string, HeaderParams, std::less<>> all;
    std::string cursor;
    for (int page = 0; page < kMaxPages; ++page) {
        json::object asked{{"_meta", meta}};
        if (!cursor.empty()) asked["cursor"] = cursor;
        const json::object list{{"jsonrpc", "2.0"},
                                {"id", "kimbap-relay"},
                                {"method", "tools/list"},
                                {"params", std::move(asked)}};
        auto line = read_client_line(to_json(list));
        json::object result;
        auto sink = [&result](const std::string& text) {
            const auto message = read_server_message(text);
            const auto* object = message.value.if_object();
            if (const auto* found = object ? object_in(*object, "result") : nullptr)
                result = *found;
        };
        auto sending = wire_.link.send(request_of(line, cancel), sink);
        const auto reply = co_await std::move(sending);
        if (!reply.ok() || !result.contains("tools")) co_return false;
        add_mirrored(result, all);
        cursor = string_in(result, "nextCursor");
        if (cursor.empty()) break;
    }
    mirrored_ = std::move(all);
    co_return true;
}

Task<void> ModernRelay::serve(ClientLine line) {
    const auto id = line.ids.front();
    const bool subscription = line.method == "subscriptions/listen";
    const auto token = (running_[id] = Running{{}, subscription}).cancel.token();
    auto serving = subscription ? listen(line, token) : call(line, token);
    co_await std::move(serving);
    running_.erase(id);
}

bool ModernRelay::cancel(const std::string& id) {
    const auto found = running_.find(id);
    if (found == running_.end()) return false;
    auto source = found->second.cancel;
    source.cancel();
    return true;
}

void ModernRelay::cancel_subscriptions() {
    for (auto& [id, running] : std::map(running_)) {
        if (running.subscription) running.cancel.cancel();
    }
}

void ModernRelay::cancel_all() {
    for (auto& [id, running] : std::map(running_)) running.cancel.cancel();
}

Task<void> ModernRelay::call(const ClientLine& line, async::CancelToken cancel) {
    std::vector<std::string> unanswered = line.ids;
    auto sink = [this, &unanswered, cancel](std::string text) {
        const auto message = read_server_message(text);
        if (cancel.cancelled()) return;
        if (!message.id.empty()) std::erase(unanswered, message.id);
        wire_.deliver(message, std::move(text));
    };
    auto sending = wire_.link.send(request_of(line, cancel), sink);
    auto reply = co_await std::move(sending);
    if (line.method == "tools/call" && wants_headers(reply)) {
        auto learning = learn_headers(line, cancel);
        if (co_await std::move(learning)) {
            auto again = wire_.link.send(request_of(line, cancel), sink);
            reply = co_await std::move(again);
        }
    }
    if (!cancel.cancelled()) wire_.conclude(unanswered, reply);
}

Task<void> ModernRelay::listen(const ClientLine& line, async::CancelToken cancel) {
    const auto& id = line.ids.front();
    bool acknowledged = false;
    Backoff backoff;
    for (;;) {
        // For the client the relay is the server: that the one behind it went away and came back is
        // told as the changes that may have been missed.
        auto sink = [&, cancel](std::string text) {
            const auto message = read_server_message(text);
            if (cancel.cancelled() || message.id == id) return;
            if (message.method != kAcknowledged || !std::exchange(acknowledged, true)) {
                return wire_.deliver(message, std::move(text));
            }
            backoff.reset();
            for (const auto& method : watched_lists(message.value)) {
                wire_.outbox->push(tagged(method, id), Outbox::Kind::droppable);
            }
        };
        auto sending = wire_.link.send(request_of(line, cancel), sink);
        const auto reply = co_await std::move(sending);
        if (cancel.cancelled()) co_return;
        const bool refused = reply.status >= 400 && reply.status < 500;
        if (refused || (!acknowledged && !reply.ok())) {
            wire_.conclude(line.ids, reply);
            co_return;
        }
        log::info("the stream of changes broke off; opening it anew",
                  {{"server", wire_.link.server()}, {"reason", reply.problem}});
        auto pausing = pause(wire_.executor, backoff.next(), cancel);
        co_await std::move(pausing);
        if (cancel.cancelled()) co_return;
    }
}

}  // namespace kimbap::mcp::relay
