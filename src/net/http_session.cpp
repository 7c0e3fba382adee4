#include "net/http_session.hpp"

#include <poll.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <exception>

#include "base/log.hpp"
#include "base/text.hpp"

namespace kimbap::net {

namespace {

using boost::system::error_code;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16U << 10;
/// What is read and thrown away after a refusal, so that the peer reads the answer instead of a
/// reset.
constexpr std::size_t kLingerBytes = 1U << 20;
constexpr std::chrono::seconds kLingerFor{2};
/// How often a connection with unread input is looked at for having been closed behind it.
constexpr std::chrono::milliseconds kWatchEvery{250};

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view reason_of(http::error error) {
    return error == http::error::header_limit ? "the request's header is too large"
                                              : "the request's body is too large";
}

}  // namespace

HttpSession::HttpSession(Socket socket, std::shared_ptr<SessionShared> shared,
                         asio::ip::tcp::endpoint peer)
    : socket_(std::move(socket)),
      shared_(std::move(shared)),
      peer_(std::move(peer)),
      deadline_(Clock::now() + shared_->limits.header_timeout) {}

void HttpSession::close() {
    error_code ignored;
    socket_.close(ignored);
    if (watch_timer_) watch_timer_->cancel();
}

void HttpSession::expire(Clock::time_point now) {
    if (now >= deadline_) close();
}

void HttpSession::close_if_idle() {
    if (!in_request_) close();
}

Task<void> HttpSession::run() {
    const auto self = shared_from_this();
    try {
        bool open = co_await handshake();
        while (open) {
            auto parser = std::make_unique<Parser>();
            parser->header_limit(static_cast<std::uint32_t>(shared_->limits.max_header_bytes));
            parser->body_limit(shared_->limits.max_body_bytes);
            parser->eager(true);
            open = co_await read_request(*parser);
            if (open) open = co_await serve(*parser);
        }
    } catch (const std::exception& error) {
        log::error("a connection failed", {{"error", error.what()}});
    }
    close();
}

Task<bool> HttpSession::handshake() {
    if (!shared_->tls) co_return true;
    tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *shared_->tls);
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kToken);
    co_return !error;
}

Task<bool> HttpSession::read_more() {
    const auto space = buffer_.prepare(kReadBytes);
    error_code error;
    std::size_t count = 0;
    if (tls_) {
        std::tie(error, count) = co_await tls_->async_read_some(space, kToken);
    } else {
        std::tie(error, count) = co_await socket_.async_read_some(space, kToken);
    }
    buffer_.commit(count);
    co_return !error;
}

Task<bool> HttpSession::read_request(Parser& parser) {
    in_request_ = false;
    deadline_ = Clock::now() + shared_->limits.idle_timeout;
    bool continued = false;
    for (;;) {
        if (buffer_.size() > 0) {
            if (!in_request_) {
                in_request_ = true;
                deadline_ = Clock::now() + shared_->limits.header_timeout;
            }
            error_code error;
            const bool had_header = parser.is_header_done();
            buffer_.consume(parser.put(buffer_.data(), error));
            if (error == http::error::need_more) error = {};
            if (error == http::error::header_limit || error == http::error::buffer_overflow) {
                co_return co_await refuse(http::status::request_header_fields_too_large,
                                          reason_of(http::error::header_limit));
            }
            if (error == http::error::body_limit) {
                co_return co_await refuse(http::status::payload_too_large,
                                          reason_of(http::error::body_limit));
            }
            if (error) {
                const std::string why = "not valid HTTP: " + error.message();
                co_return co_await refuse(http::status::bad_request, why);
            }
            if (parser.is_done()) co_return true;
            if (parser.is_header_done() && !had_header) {
                deadline_ = Clock::now() + shared_->limits.body_timeout;
            }
            if (parser.is_header_done() && !continued &&
                iequals(parser.get()[http::field::expect], "100-continue")) {
                continued = true;
                if (!co_await write_all("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
            }
        }
        if (shared_->draining && !in_request_) co_return false;
        if (!co_await read_more()) co_return false;
    }
}

Task<bool> HttpSession::serve(Parser& parser) {
    HttpRequest request;
    auto message = parser.release();
    request.method = message.method();
    request.method_text = std::string(message.method_string());
    request.target = std::string(message.target());
    request.body = std::move(message.body());
    request.peer = peer_;
    request.tls = tls_ != nullptr;
    keep_alive_ = message.keep_alive() && !shared_->draining;
    chunked_ = message.version() >= 11;
    head_only_ = message.method() == http::verb::head;
    const bool one_host = message.count(http::field::host) == 1 || message.version() < 11;
    request.headers = std::move(message.base());
    if (!one_host)
        co_return co_await refuse(http::status::bad_request, "there must be one Host header");
    if (!request.target.starts_with('/')) {
        co_return co_await refuse(http::status::bad_request, "the request target must be a path");
    }
    answer_ = Answer::none;
    broken_ = false;
    closed_.reset();
    deadline_ = Clock::time_point::max();
    co_await handle(request);
    if (watch_timer_) watch_timer_->cancel();
    if (answer_ == Answer::streaming) static_cast<void>(co_await end());
    co_return keep_alive_ && !broken_ && socket_.is_open();
}

Task<void> HttpSession::handle(HttpRequest& request) {
    bool failed = false;
    try {
        co_await shared_->handler.handle(request, *this);
    } catch (const std::exception& error) {
        log::error("a request failed",
                   {{"path", std::string(request.path())}, {"error", error.what()}});
        failed = true;
    }
    if (answer_ != Answer::none) {
        broken_ = broken_ || (failed && answer_ == Answer::streaming);
        co_return;
    }
    HttpResponse response;
    response.status = http::status::internal_server_error;
    response.content_type = "text/plain";
    response.body = "internal error\n";
    static_cast<void>(co_await send(std::move(response)));
}

Task<bool> HttpSession::refuse(http::status status, std::string_view why) {
    keep_alive_ = false;
    head_only_ = false;
    HttpResponse response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = std::string(why) + "\n";
    answer_ = Answer::none;
    const auto sent = co_await send(std::move(response));
    if (sent) co_await linger();
    co_return false;
}

Task<void> HttpSession::linger() {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    deadline_ = Clock::now() + kLingerFor;
    std::size_t seen = 0;
    while (seen < kLingerBytes) {
        buffer_.clear();
        if (!co_await read_more()) break;
        seen += buffer_.size();
    }
}

std::string HttpSession::head_of(http::status status, std::string_view content_type,
                                 const Headers& headers,
                                 std::optional<std::size_t> content_length) const {
    const auto reason = http::obsolete_reason(status);
    std::string out;
    out.reserve(256);
    out.append("HTTP/1.1 ").append(std::to_string(static_cast<unsigned>(status))).append(" ");
    out.append(reason.data(), reason.size()).append("\r\n");
    append_header(out, "Date", shared_->date);
    if (!content_type.empty()) append_header(out, "Content-Type", content_type);
    for (const auto& header : headers) {
        const auto name = header.name_string();
        append_header(out, {name.data(), name.size()},
                      {header.value().data(), header.value().size()});
    }
    const bool bodiless =
        status == http::status::no_content || status == http::status::not_modified;
    if (content_length && !bodiless) {
        append_header(out, "Content-Length", std::to_string(*content_length));
    } else if (!content_length && chunked_) {
        append_header(out, "Transfer-Encoding", "chunked");
    }
    append_header(out, "Connection", keep_alive_ ? "keep-alive" : "close");
    out.append("\r\n");
    return out;
}

Task<bool> HttpSession::write_all(std::string_view first, std::string_view second) {
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(first.data(), first.size()),
                                                    asio::buffer(second.data(), second.size())};
    error_code error;
    std::size_t count = 0;
    if (tls_) {
        std::tie(error, count) = co_await asio::async_write(*tls_, buffers, kToken);
    } else {
        std::tie(error, count) = co_await asio::async_write(socket_, buffers, kToken);
    }
    co_return !error;
}

Task<Result<void>> HttpSession::write_bounded(std::string_view first, std::string_view second) {
    if (broken_) co_return make_error(Errc::unavailable, "the peer closed the connection");
    deadline_ = Clock::now() + shared_->limits.write_timeout;
    const bool written = co_await write_all(first, second);
    deadline_ = Clock::time_point::max();
    if (written) co_return Result<void>{};
    broken_ = true;
    co_return make_error(Errc::unavailable, "the peer closed the connection, or reads too slowly");
}

Task<Result<void>> HttpSession::send(HttpResponse response) {
    if (answer_ != Answer::none) co_return make_error(Errc::internal, "answered twice");
    answer_ = Answer::whole;
    const std::string head =
        head_of(response.status, response.content_type, response.headers, response.body.size());
    const std::string_view body = head_only_ ? std::string_view{} : std::string_view(response.body);
    co_return co_await write_bounded(head, body);
}

Task<Result<void>> HttpSession::begin_stream(http::status status, std::string_view content_type,
                                             Headers headers) {
    if (answer_ != Answer::none) co_return make_error(Errc::internal, "answered twice");
    answer_ = Answer::streaming;
    if (!chunked_) keep_alive_ = false;
    const std::string head = head_of(status, content_type, headers, std::nullopt);
    co_return co_await write_bounded(head);
}

Task<Result<void>> HttpSession::write(std::string_view bytes) {
    if (answer_ != Answer::streaming) co_return make_error(Errc::internal, "no stream is open");
    if (bytes.empty() || head_only_) co_return Result<void>{};
    if (!chunked_) co_return co_await write_bounded(bytes);
    std::array<char, 24> size{};
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
    std::string chunk;
    chunk.reserve(bytes.size() + 16);
    chunk.append(size.data(), static_cast<std::size_t>(digits)).append(bytes).append("\r\n");
    co_return co_await write_bounded(chunk);
}

Task<Result<void>> HttpSession::end() {
    if (answer_ != Answer::streaming) co_return Result<void>{};
    answer_ = Answer::ended;
    if (!chunked_ || head_only_) co_return Result<void>{};
    constexpr std::string_view last = "0\r\n\r\n";
    co_return co_await write_bounded(last);
}

async::CancelToken HttpSession::peer_closed() {
    if (!closed_) {
        closed_.emplace();
        if (!watch_timer_) {
            watch_timer_ = std::make_unique<asio::steady_timer>(socket_.get_executor());
        }
        watch();
    }
    return closed_->token();
}

bool HttpSession::hung_up() const {
    pollfd poll{};
    poll.fd = const_cast<Socket&>(socket_).native_handle();
    poll.events = POLLRDHUP;
    return ::poll(&poll, 1, 0) > 0 && (poll.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void HttpSession::watch() {
    // A readable socket means the end of the stream, or a pipelined request that hides it: poll
    // tells. Looking a few times a second costs one system call each, and nothing while the call is
    // fast.
    watch_timer_->expires_after(kWatchEvery);
    watch_timer_->async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (error || !self || !self->socket_.is_open() || !self->closed_) return;
        if (self->hung_up()) {
            self->closed_->cancel();
        } else {
            self->watch();
        }
    });
}

}  // namespace kimbap::net
