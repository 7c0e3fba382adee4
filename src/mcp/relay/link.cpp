#include "mcp/relay/link.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <limits>
#include <memory>
#include <utility>

#include "base/json_text.hpp"
#include "mcp/relay/sse_parser.hpp"
#include "net/http_client.hpp"

namespace kimbap::mcp::relay {
namespace {

using Steady = std::chrono::steady_clock;

/// A message must be one line on stdout, however its sender laid it out.
std::string on_one_line(std::string message) {
    if (message.find_first_of("\r\n") == std::string::npos) return message;
    const auto value = parse_json(message);
    return value ? to_json(*value) : std::string();
}

/// Takes an answer's body apart while it arrives.
class Body {
public:
    explicit Body(Link::Sink sink) : sink_(std::move(sink)), parser_(Link::kMaxMessageBytes) {}

    void start(const net::Headers& headers) {
        last_ = Steady::now();
        stream_ = headers["Content-Type"].starts_with("text/event-stream");
    }
    /// False where a message is too large.
    bool feed(std::string_view bytes) {
        last_ = Steady::now();
        if (stream_)
            return parser_.feed(bytes, [this](std::string data) { give(std::move(data)); });
        whole_ += bytes;
        return whole_.size() <= Link::kMaxMessageBytes;
    }
    void finish() {
        if (!whole_.empty()) give(std::move(whole_));
    }
    [[nodiscard]] Steady::time_point last() const { return last_; }
    [[nodiscard]] const SseParser& parser() const { return parser_; }

private:
    void give(std::string message) {
        message = on_one_line(std::move(message));
        if (!message.empty()) sink_(std::move(message));
    }

    Link::Sink sink_;
    SseParser parser_;
    std::string whole_;
    bool stream_ = false;
    Steady::time_point last_ = Steady::now();
};

/// Cuts an exchange off where the server says nothing for too long.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
public:
    Watchdog(asio::any_io_executor executor, std::shared_ptr<Body> body, async::CancelSource stop)
        : timer_(executor), body_(std::move(body)), stop_(std::move(stop)) {}

    void watch() {
        timer_.expires_at(body_->last() + Link::kSilence);
        timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
            const auto self = weak.lock();
            if (error || !self) return;
            if (Steady::now() < self->body_->last() + Link::kSilence) return self->watch();
            self->barked_ = true;
            self->stop_.cancel();
        });
    }
    [[nodiscard]] bool barked() const { return barked_; }

private:
    asio::steady_timer timer_;
    std::shared_ptr<Body> body_;
    async::CancelSource stop_;
    bool barked_ = false;
};

}  // namespace

Task<Reply> Link::send(Request request, Sink sink) {
    auto executor = co_await asio::this_coro::executor;
    async::CancelSource stop;
    const auto registration = request.cancel.on_cancel([stop]() mutable { stop.cancel(); });
    const auto body = std::make_shared<Body>(std::move(sink));
    const auto watchdog = std::make_shared<Watchdog>(executor, body, stop);
    bool too_large = false;

    net::OutboundRequest out;
    out.method = std::move(request.method);
    out.url = target_.url;
    out.unix_path = target_.unix_path;
    out.operator_chose_address = true;
    out.headers = std::move(request.headers);
    out.headers.emplace_back("Accept", out.method == "GET" ? "text/event-stream"
                                                           : "application/json, text/event-stream");
    if (!request.body.empty()) out.headers.emplace_back("Content-Type", "application/json");
    if (!bearer_.empty()) {
        out.secret.header = "Authorization";
        out.secret.header_value = Secret::join({"Bearer ", bearer_.reveal()});
    }
    out.body = std::move(request.body);
    out.deadline = Steady::time_point::max();
    out.max_response_bytes = std::numeric_limits<std::size_t>::max();
    out.cancel = stop.token();
    Reply reply;
    out.on_head = [body, &reply](unsigned status, const net::Headers& headers) {
        reply.status = status;
        const auto session = headers["Mcp-Session-Id"];
        reply.session_id.assign(session.data(), session.size());
        body->start(headers);
    };
    out.on_chunk = [body, &too_large, stop](std::string_view bytes) mutable {
        if (body->feed(bytes)) return;
        too_large = true;
        stop.cancel();
    };
    watchdog->watch();
    auto sending = http_.send(std::move(out));
    const auto exchange = co_await std::move(sending);

    reply.maybe_acted_upon = exchange.may_have_reached_peer;
    reply.last_event_id = body->parser().last_event_id();
    reply.retry = body->parser().retry();
    if (exchange.response) {
        if (reply.ok()) body->finish();
        reply.body = exchange.response->body;
    } else if (too_large) {
        reply.problem = "a message is larger than a relay takes";
    } else if (watchdog->barked()) {
        reply.problem = "nothing was heard for " + std::to_string(kSilence.count()) + " s";
    } else {
        reply.problem = exchange.error.message;
    }
    co_return reply;
}

}  // namespace kimbap::mcp::relay
