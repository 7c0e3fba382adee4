#include "mcp/relay/legacy_relay.hpp"

#include <boost/asio/as_tuple.hpp>
#include <utility>

#include "base/json_text.hpp"
#include "base/log.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/revision.hpp"

namespace kimbap::mcp::relay {
namespace {

constexpr std::string_view kSessionHeader = "Mcp-Session-Id";
/// Attempts to take up an answer whose stream broke.
constexpr int kResumptions = 5;
constexpr std::size_t kMaxSettings = 1024;

std::string revision_of(const ServerMessage& answer) {
    const auto* object = answer.value.if_object();
    const auto* result = object ? object->if_contains("result") : nullptr;
    const auto* members = result ? result->if_object() : nullptr;
    const auto* version = members ? members->if_contains("protocolVersion") : nullptr;
    return version && version->is_string() ? std::string(version->get_string()) : std::string();
}

/// What a later request of the same key replaces; empty for requests that leave nothing behind.
std::string setting_of(const ClientLine& line) {
    if (line.method == "logging/setLevel") return line.method;
    if (line.method != "resources/subscribe" && line.method != "resources/unsubscribe") return {};
    const auto value = parse_json(line.text);
    const auto* params = value ? value->get_object().if_contains("params") : nullptr;
    const auto* object = params ? params->if_object() : nullptr;
    const auto* uri = object ? object->if_contains("uri") : nullptr;
    return uri && uri->is_string() ? "uri:" + std::string(uri->get_string()) : std::string();
}

}  // namespace

Link::Request LegacyRelay::request(std::string method, std::string body) const {
    Link::Request out;
    out.method = std::move(method);
    out.body = std::move(body);
    out.cancel = cancelling_.token();
    if (!session_.id.empty()) out.headers.emplace_back(kSessionHeader, session_.id);
    if (!session_.revision.empty()) {
        out.headers.emplace_back("MCP-Protocol-Version", session_.revision);
    }
    return out;
}

Link::Sink LegacyRelay::sink(std::vector<std::string>& unanswered) {
    return [this, &unanswered](std::string text) {
        const auto message = read_server_message(text);
        if (message.value.is_array()) unanswered.clear();  // a batch's answers, all at once
        if (!message.id.empty()) std::erase(unanswered, message.id);
        wire_.deliver(message, std::move(text));
    };
}

bool LegacyRelay::admits(const ClientLine& line) const {
    return line.method == "initialize" || establishing_ || !initialize_.empty();
}

Task<void> LegacyRelay::serve(ClientLine line) {
    auto serving =
        line.method == "initialize" ? initialize(std::move(line)) : exchange(std::move(line));
    co_await std::move(serving);
}

void LegacyRelay::stop() {
    stopping_.cancel();
}

void LegacyRelay::cancel_all() {
    stopping_.cancel();
    cancelling_.cancel();
    established_.cancel();
    for (const auto& [id, awaited] : std::map(awaited_)) awaited->cancel.cancel();
}

void LegacyRelay::forgo(const std::string& id) {
    const auto found = awaited_.find(id);
    if (found == awaited_.end()) return;
    const auto awaited = found->second;
    awaited_.erase(found);
    std::erase(awaited->ids, id);
    if (awaited->ids.empty()) awaited->cancel.cancel();
}

Task<void> LegacyRelay::await_session() {
    while (establishing_) {
        established_.expires_at(asio::steady_timer::time_point::max());
        auto waiting = established_.async_wait(asio::as_tuple(asio::use_awaitable));
        co_await std::move(waiting);
    }
}

void LegacyRelay::adopt(const Reply& reply, const ServerMessage& answer) {
    session_.id = reply.session_id;
    session_.revision = revision_of(answer);
    const auto revision = parse_revision(session_.revision);
    wire_.null_ids = revision && *revision < Revision::v2025_11_25;
    ++session_.number;
}

Task<void> LegacyRelay::initialize(ClientLine line) {
    auto waiting = await_session();
    co_await std::move(waiting);
    establishing_ = true;
    session_.id.clear();
    session_.revision.clear();
    settings_.clear();
    std::vector<std::string> unanswered = line.ids;
    ServerMessage answer;
    std::string text;
    auto keep = [&](std::string message) {
        answer = read_server_message(message);
        text = std::move(message);
    };
    auto sending = wire_.link.send(request("POST", line.text), keep);
    const auto reply = co_await std::move(sending);
    if (reply.ok() && !text.empty()) {
        adopt(reply, answer);
        initialize_ = line.text;
        unanswered.clear();
        wire_.deliver(answer, std::move(text));
    }
    establishing_ = false;
    established_.cancel();
    wire_.conclude(unanswered, reply);
}

void LegacyRelay::remember(const ClientLine& line) {
    const auto setting = setting_of(line);
    if (setting.empty()) return;
    if (line.method == "resources/unsubscribe") {
        settings_.erase(setting);
    } else if (settings_.size() < kMaxSettings) {
        settings_[setting] = line.text;
    }
}

Task<void> LegacyRelay::exchange(ClientLine line) {
    const auto awaited = std::make_shared<Awaited>(Awaited{line.ids, {}});
    for (const auto& id : line.ids) awaited_[id] = awaited;
    if (!line.cancels.empty()) forgo(line.cancels);
    auto waiting = await_session();
    co_await std::move(waiting);
    const auto number = session_.number;
    const bool had_session = !session_.id.empty();
    auto posting = post(line, *awaited);
    auto reply = co_await std::move(posting);
    if (reply.status == 404 && had_session) {
        // Not acted upon, so that asking again does no harm. What answers or cancels a request of
        // the lost session is meaningless in another.
        const bool repeat = line.kind != ClientLine::Kind::response && line.cancels.empty();
        auto renewing = renew(number);
        const bool renewed = co_await std::move(renewing);
        if (renewed && repeat) {
            auto again = post(line, *awaited);
            reply = co_await std::move(again);
        }
    }
    std::erase_if(awaited_, [&](const auto& entry) { return entry.second == awaited; });
    if (!awaited->ids.empty()) {
        wire_.conclude(awaited->ids, reply);
    } else if (line.ids.empty() && !reply.ok()) {
        // Of a batch without a request, what is wrong with its members has no identifier.
        const bool answered = line.kind == ClientLine::Kind::batch && reply.status == 400;
        answered ? wire_.conclude({""}, reply) : wire_.report(line, reply);
    }
    if (!reply.ok()) co_return;
    if (line.kind == ClientLine::Kind::request) remember(line);
    if (line.method == "notifications/initialized") {
        initialized_ = line.text;
        wire_.start(hear(session_.number));
    }
}

Task<Reply> LegacyRelay::post(const ClientLine& line, Awaited& awaited) {
    auto sending = wire_.link.send(request("POST", line.text), sink(awaited.ids));
    auto reply = co_await std::move(sending);
    if (!awaited.ids.empty() && reply.ok() && !reply.last_event_id.empty()) {
        auto resuming = resume(std::move(reply), awaited);
        reply = co_await std::move(resuming);
    }
    co_return reply;
}

/// Takes an answer up where its stream broke: the server keeps it for this.
Task<Reply> LegacyRelay::resume(Reply broken, Awaited& awaited) {
    const auto cancel = awaited.cancel.token();
    for (int attempt = 0; attempt < kResumptions && !cancel.cancelled(); ++attempt) {
        auto pausing = pause(wire_.executor, broken.retry.value_or(Backoff::kFirst), cancel);
        co_await std::move(pausing);
        if (cancel.cancelled()) break;
        auto get = request("GET", {});
        get.headers.emplace_back("Last-Event-ID", broken.last_event_id);
        get.cancel = cancel;
        auto sending = wire_.link.send(std::move(get), sink(awaited.ids));
        auto reply = co_await std::move(sending);
        if (awaited.ids.empty()) co_return reply;
        if (reply.status >= 400 && reply.status < 500) break;  // the server no longer knows of it
        if (!reply.last_event_id.empty()) broken.last_event_id = reply.last_event_id;
        if (!reply.problem.empty()) broken.problem = reply.problem;
    }
    co_return broken;
}

/// True where there is a session that is not the lost one.
Task<bool> LegacyRelay::renew(std::uint64_t lost) {
    auto waiting = await_session();
    co_await std::move(waiting);
    if (session_.number != lost) co_return true;
    if (initialize_.empty() || cancelling_.cancelled()) co_return false;
    establishing_ = true;
    auto opening = open_again();
    const bool opened = co_await std::move(opening);
    establishing_ = false;
    established_.cancel();
    if (opened && !initialized_.empty()) {
        wire_.start(hear(session_.number));
    }
    co_return opened;
}

Task<bool> LegacyRelay::open_again() {
    session_.id.clear();
    session_.revision.clear();
    ServerMessage answer;
    auto keep = [&](std::string message) { answer = read_server_message(message); };
    auto sending = wire_.link.send(request("POST", initialize_), keep);
    const auto reply = co_await std::move(sending);
    if (!reply.ok() || answer.id.empty()) co_return false;
    adopt(reply, answer);
    std::vector<std::string> lines;
    if (!initialized_.empty()) lines.push_back(initialized_);
    for (const auto& [key, text] : settings_) lines.push_back(text);
    for (auto& text : lines) {
        const Link::Sink nobody = [](std::string) {};
        auto telling = wire_.link.send(request("POST", std::move(text)), nobody);
        static_cast<void>(co_await std::move(telling));
    }
    log::info("kimbap serve had forgotten the session; opened another",
              {{"server", wire_.link.server()}});
    if (!initialized_.empty()) {
        for (const auto& method : list_change_methods()) {
            wire_.outbox->push(notification(method, {}), Outbox::Kind::droppable);
        }
    }
    co_return true;
}

/// Keeps the stream of the session's own messages open, for as long as the session lasts.
Task<void> LegacyRelay::hear(std::uint64_t number) {
    Backoff backoff;
    std::string last_event_id;
    const auto stopping = stopping_.token();
    while (!stopping.cancelled() && session_.number == number) {
        auto get = request("GET", {});
        get.cancel = stopping;
        if (!last_event_id.empty()) get.headers.emplace_back("Last-Event-ID", last_event_id);
        auto deliver = [&](std::string text) {
            backoff.reset();
            const auto message = read_server_message(text);
            wire_.deliver(message, std::move(text));
        };
        auto sending = wire_.link.send(std::move(get), deliver);
        const auto reply = co_await std::move(sending);
        if (stopping.cancelled() || session_.number != number) co_return;
        if (!reply.last_event_id.empty()) last_event_id = reply.last_event_id;
        if (reply.status == 404) {
            auto renewing = renew(number);
            if (co_await std::move(renewing)) co_return;
        } else if (reply.status >= 400 && reply.status < 500) {
            co_return log::warn("kimbap serve gives no stream of changes",
                                {{"server", wire_.link.server()}, {"status", reply.status}});
        }
        auto pausing = pause(wire_.executor, backoff.next(), stopping);
        co_await std::move(pausing);
    }
}

Task<void> LegacyRelay::end_session() {
    if (session_.id.empty() || cancelling_.cancelled()) co_return;
    const Link::Sink nobody = [](std::string) {};
    auto sending = wire_.link.send(request("DELETE", {}), nobody);
    static_cast<void>(co_await std::move(sending));
    session_.id.clear();
}

}  // namespace kimbap::mcp::relay
