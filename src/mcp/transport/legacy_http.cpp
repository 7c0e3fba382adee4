#include "mcp/transport/legacy_http.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "mcp/legacy/conversation.hpp"
#include "mcp/legacy/response.hpp"
#include "mcp/transport/event_stream.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::string_view kSessionHeader = "Mcp-Session-Id";
/// When a client whose connection broke is to come back.
constexpr int kRetryMillis = 1000;

using legacy::Session;
using SessionPtr = std::shared_ptr<Session>;

struct Refusal {
    int status;
    ProtocolError error;
};

/// The session that the headers name, for this principal.
std::variant<SessionPtr, Refusal> find_session(const Exchange& exchange) {
    const auto id = exchange.header(kSessionHeader);
    if (!id || id->empty()) {
        return Refusal{400,
                       {code::kInvalidRequest,
                        "The Mcp-Session-Id header is missing (initialize gives one)",
                        {}}};
    }
    auto session = exchange.core->sessions.find(trim(*id), *exchange.principal);
    if (!session) {
        return Refusal{404, {code::kInvalidRequest, "No such session; initialize anew", {}}};
    }
    if (const auto version = exchange.header("MCP-Protocol-Version")) {
        const auto known = parse_revision(trim(*version));
        if (!known || !is_legacy(*known)) {
            return Refusal{400,
                           {code::kInvalidRequest,
                            "MCP-Protocol-Version '" + std::string(*version) +
                                "' is not this session's revision",
                            {}}};
        }
    }
    return session;
}

Task<void> refuse(Exchange& exchange, Refusal refusal, std::string id = {}) {
    auto sending = send_error(exchange, refusal.status, std::move(refusal.error), std::move(id),
                              exchange.null_id());
    co_await std::move(sending);
}

Task<void> serve_initialize(Exchange& exchange, Message message) {
    const auto& core = exchange.core;
    std::optional<Refusal> refused;
    auto agreement = legacy::negotiate(message.params);
    if (auto* error = std::get_if<ProtocolError>(&agreement)) {
        refused = Refusal{400, std::move(*error)};
    } else if (core->draining) {
        refused = Refusal{503, core->draining_error()};
    }
    SessionPtr session;
    if (!refused) {
        auto outbox =
            std::make_shared<Outbox>(core->stream_bounds(core->options.limits.max_stored_events));
        session =
            core->sessions.create(exchange.principal, std::move(outbox),
                                  core->options.default_log_level, legacy::Session::OnDrain::end);
        if (!session) {
            refused = Refusal{503,
                              {code::kTooManyRequests,
                               "As many sessions are open as the server keeps; try again later",
                               {}}};
        }
    }
    if (refused) {
        auto refusing = refuse(exchange, std::move(*refused), message.id);
        co_await std::move(refusing);
        co_return;
    }
    const auto revision = std::get<legacy::Agreement>(agreement).revision;
    session->establish(std::move(std::get<legacy::Agreement>(agreement)));
    core->changes.add(session);
    net::Headers headers;
    headers.set(kSessionHeader, session->id());
    auto sending =
        send_json(exchange, 200,
                  legacy::initialize_response(message.id, revision, core->options, core->providers),
                  std::move(headers));
    co_await std::move(sending);
}

/// The requests of one POST, which run on though their connection may break.
struct PostRun {
    std::shared_ptr<Outbox> outbox;
    std::size_t remaining = 0;
};

void start_requests(const Exchange& exchange, const SessionPtr& session,
                    const asio::any_io_executor& executor, std::vector<Message> requests,
                    std::shared_ptr<Outbox> outbox, bool may_ask) {
    if (requests.empty()) return outbox->finish();
    const auto run = std::make_shared<PostRun>(PostRun{std::move(outbox), requests.size()});
    for (auto& request : requests) {
        asio::co_spawn(executor,
                       legacy::serve_request(exchange.core, session, std::move(request),
                                             legacy::Route{run->outbox, true, may_ask}),
                       [run](std::exception_ptr) {
                           if (--run->remaining == 0) run->outbox->finish();
                       });
    }
}

/// Whether nothing but answers came: no notification, no request to the client.
bool all_answers(const std::vector<Outbox::Event>& events) {
    return std::all_of(events.begin(), events.end(), [](const Outbox::Event& event) {
        return event.kind == Outbox::Kind::response;
    });
}

std::string joined(const Outbox::Batch& batch, bool as_batch) {
    if (!as_batch) return *batch.events.front().text;
    std::string out = "[";
    for (const auto& event : batch.events) {
        if (out.size() > 1) out += ',';
        out += *event.text;
    }
    out += ']';
    return out;
}

Task<void> stream_answers(Exchange& exchange, const SessionPtr& session,
                          std::shared_ptr<Outbox> outbox, std::shared_ptr<Outbox::Reader> reader,
                          Outbox::Batch first) {
    const auto number = session->keep_stream(outbox);
    StreamSettings settings;
    settings.id_prefix = std::to_string(number) + "-";
    settings.session = session;
    auto beginning = exchange.response.begin_stream(net::http::status::ok, "text/event-stream",
                                                    stream_headers());
    const auto begun = co_await std::move(beginning);
    if (!begun) co_return;
    // An empty event gives the client an identifier to come back with. Older clients would try to
    // parse it as a message.
    const auto agreement = session->agreement();
    if (agreement && agreement->revision >= Revision::v2025_11_25) {
        const auto prime = "id: " + settings.id_prefix +
                           "0\nretry: " + std::to_string(kRetryMillis) + "\ndata:\n\n";
        auto writing = exchange.response.write(prime);
        const auto written = co_await std::move(writing);
        if (!written) co_return;
    }
    auto pumping = pump_events(exchange, std::move(reader), std::move(first), std::move(settings));
    co_await std::move(pumping);
    auto ending = exchange.response.end();
    co_await std::move(ending);
}

/// What a POST wants answered.
struct Post {
    bool as_batch = false;
    std::vector<Message> requests = {};
    std::vector<std::string> errors = {};  ///< Answers to members of a batch that are no messages.
};

Task<void> serve_requests(Exchange& exchange, const SessionPtr& session, Post post) {
    auto executor = co_await asio::this_coro::executor;
    const auto& options = exchange.core->options;
    const auto count = post.requests.size() + post.errors.size();
    auto outbox =
        std::make_shared<Outbox>(exchange.core->stream_bounds(options.limits.max_stored_events));
    auto reader = outbox->attach(executor);
    const bool may_stream = exchange.accepts("text/event-stream");
    for (auto& error : post.errors) outbox->push(std::move(error), Outbox::Kind::response);
    start_requests(exchange, session, executor, std::move(post.requests), outbox, may_stream);

    Outbox::Batch batch;
    const auto deadline = std::chrono::steady_clock::now() + options.stream_after;
    // Gathers answers until all are there, something else comes, or a stream is due.
    for (;;) {
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (!may_stream) left = std::chrono::hours(24);
        auto reading = reader->read(std::max(left, std::chrono::milliseconds(0)));
        auto more = co_await std::move(reading);
        const bool due = more.timed_out || std::chrono::steady_clock::now() >= deadline;
        for (auto& event : more.events) {
            const bool answer = event.kind == Outbox::Kind::response;
            if (may_stream || answer) batch.events.push_back(std::move(event));
        }
        batch.state = more.state;
        batch.retry = more.retry;
        if (batch.state != Outbox::State::open) break;
        if (may_stream && (due || !all_answers(batch.events))) break;
    }
    if (batch.state == Outbox::State::finished && batch.events.size() == count &&
        all_answers(batch.events) && exchange.accepts("application/json")) {
        auto sending = send_json(exchange, 200, joined(batch, post.as_batch));
        co_await std::move(sending);
        co_return;
    }
    auto streaming =
        stream_answers(exchange, session, std::move(outbox), std::move(reader), std::move(batch));
    co_await std::move(streaming);
}

/// The messages of a POST body; a batch only where the session's revision has them.
std::variant<std::vector<Message>, ProtocolError> read_messages(const Session& session,
                                                                json::value body,
                                                                const Limits& limits) {
    std::vector<Message> messages;
    if (!body.is_array()) {
        messages.push_back(read_message(std::move(body)));
        return messages;
    }
    const auto agreement = session.agreement();
    auto& batch = body.get_array();
    if (!agreement || agreement->revision != Revision::v2025_03_26) {
        return ProtocolError{code::kInvalidRequest, "Only revision 2025-03-26 has batches", {}};
    }
    if (batch.empty() || batch.size() > limits.max_batch) {
        return ProtocolError{code::kInvalidRequest,
                             "A batch holds 1 to " + std::to_string(limits.max_batch) + " messages",
                             {}};
    }
    for (auto& element : batch) messages.push_back(read_message(std::move(element)));
    return messages;
}

}  // namespace

Task<void> serve_legacy_post(Exchange& exchange, json::value body) {
    const bool as_batch = body.is_array();
    auto found = find_session(exchange);
    if (const auto* refused = std::get_if<Refusal>(&found)) {
        Message message;
        if (!as_batch) message = read_message(std::move(body));
        const bool fresh = !exchange.header(kSessionHeader);
        if (fresh && message.kind == Message::Kind::request && message.method == "initialize") {
            auto serving = serve_initialize(exchange, std::move(message));
            co_await std::move(serving);
            co_return;
        }
        auto refusal = *refused;
        if (message.kind == Message::Kind::invalid && !as_batch && fresh) {
            refusal = {400, *message.error};
        }
        auto refusing = refuse(exchange, std::move(refusal), message.id);
        co_await std::move(refusing);
        co_return;
    }
    const auto session = std::get<SessionPtr>(found);
    auto read = read_messages(*session, std::move(body), exchange.core->options.limits);
    if (auto* error = std::get_if<ProtocolError>(&read)) {
        auto refusing = refuse(exchange, {400, std::move(*error)});
        co_await std::move(refusing);
        co_return;
    }
    Post post{as_batch};
    for (auto& message : std::get<std::vector<Message>>(read)) {
        if (message.kind == Message::Kind::invalid && as_batch) {
            // The others are served all the same (JSON-RPC 2.0, section 6).
            post.errors.push_back(error_response(message.id, *message.error, true));
        } else if (message.kind == Message::Kind::invalid) {
            auto refusing = refuse(exchange, {400, std::move(*message.error)}, message.id);
            co_await std::move(refusing);
            co_return;
        } else if (message.kind == Message::Kind::request) {
            post.requests.push_back(std::move(message));
        } else if (message.kind == Message::Kind::notification) {
            legacy::on_notification(*session, message);
        } else {
            session->questions().answer(std::move(message));
        }
    }
    if (post.requests.empty() && post.errors.empty()) {
        auto sending = send_json(exchange, 202, {});
        co_await std::move(sending);
        co_return;
    }
    auto serving = serve_requests(exchange, session, std::move(post));
    co_await std::move(serving);
}

namespace {

struct Resumption {
    std::shared_ptr<Outbox> outbox;
    std::string id_prefix;
    std::optional<std::uint64_t> after;
};

/// "<stream>-<seq>", as our events' identifiers read; stream 0 is the session's own.
std::optional<Resumption> find_stream(const Session& session, std::string_view last_event) {
    const auto dash = last_event.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    std::uint64_t seq = 0;
    const auto* end = last_event.data() + last_event.size();
    const auto first = std::from_chars(last_event.data(), last_event.data() + dash, number);
    const auto second = std::from_chars(last_event.data() + dash + 1, end, seq);
    if (first.ec != std::errc() || first.ptr != last_event.data() + dash ||
        second.ec != std::errc() || second.ptr != end) {
        return std::nullopt;
    }
    auto outbox = number == 0 ? session.outbox() : session.stream(number);
    if (!outbox) return std::nullopt;
    return Resumption{std::move(outbox), std::to_string(number) + "-", seq};
}

}  // namespace

Task<void> serve_legacy_get(Exchange& exchange) {
    std::optional<Refusal> refused;
    auto found = find_session(exchange);
    if (auto* refusal = std::get_if<Refusal>(&found)) {
        refused = std::move(*refusal);
    } else if (!exchange.accepts("text/event-stream")) {
        refused = Refusal{406, {code::kInvalidRequest, "Accept must list text/event-stream", {}}};
    } else if (exchange.core->draining) {
        refused = Refusal{503, exchange.core->draining_error()};
    }
    const StreamSlot slot(exchange.core);
    if (!refused && !slot.taken()) {
        refused = Refusal{
            503, {code::kTooManyRequests, "As many streams are open as the server serves", {}}};
    }
    Resumption resumption;
    if (!refused) {
        const auto& session = std::get<SessionPtr>(found);
        resumption = {session->outbox(), "0-", {}};
        if (const auto last = exchange.header("Last-Event-ID"); last && !last->empty()) {
            auto earlier = find_stream(*session, trim(*last));
            if (!earlier) {
                refused = Refusal{
                    400, {code::kInvalidRequest, "That stream can't be resumed any more", {}}};
            } else {
                resumption = std::move(*earlier);
            }
        }
    }
    if (refused) {
        auto refusing = refuse(exchange, std::move(*refused));
        co_await std::move(refusing);
        co_return;
    }
    auto executor = co_await asio::this_coro::executor;
    auto beginning = exchange.response.begin_stream(net::http::status::ok, "text/event-stream",
                                                    stream_headers());
    const auto begun = co_await std::move(beginning);
    if (!begun) co_return;
    auto reader = resumption.outbox->attach(std::move(executor), resumption.after);
    Outbox::Batch nothing;
    StreamSettings settings{std::move(resumption.id_prefix), std::get<SessionPtr>(found)};
    auto pumping =
        pump_events(exchange, std::move(reader), std::move(nothing), std::move(settings));
    co_await std::move(pumping);
    auto ending = exchange.response.end();
    co_await std::move(ending);
}

Task<void> serve_legacy_delete(Exchange& exchange) {
    auto found = find_session(exchange);
    if (auto* refused = std::get_if<Refusal>(&found)) {
        auto refusing = refuse(exchange, std::move(*refused));
        co_await std::move(refusing);
        co_return;
    }
    const auto& session = std::get<SessionPtr>(found);
    exchange.core->changes.remove(*session);
    exchange.core->sessions.remove(*session);
    auto sending = send_json(exchange, 204, {});
    co_await std::move(sending);
}

}  // namespace kimbap::mcp
