#include "mcp/relay/modern_relay.hpp"

#include <utility>

#include "base/log.hpp"
#include "mcp/jsonrpc.hpp"

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

Link::Request request_of(const ClientLine& line, async::CancelToken cancel) {
    Link::Request request;
    request.body = line.text;
    request.headers = line.headers;
    request.cancel = std::move(cancel);
    return request;
}

}  // namespace

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
    const auto reply = co_await std::move(sending);
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
