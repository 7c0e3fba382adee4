#include "net/http_session.hpp"

#include <poll.h>

#include <algorithm>
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
/// What is read and thrown away before closing, so that the peer reads the answer instead of a
/// reset.
constexpr std::size_t kLingerBytes = 16U << 20;
constexpr std::chrono::seconds kLingerFor{2};
/// How often a connection with unread input is looked at for having been closed behind it.
constexpr std::chrono::milliseconds kWatchEvery{250};

constexpr std::size_t kWriteBytes = 64U << 10;

/// Leaves out a value with control characters: a line break in it would begin a header, or an
/// answer, of its own (response splitting).
void append_header(std::string& out, std::string_view name, std::string_view value) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
    if (std::any_of(value.begin(), value.end(), control)) return;
    out.append(name).append(": ").append(value).append("\r\n");
}

/// RFC 9110 sections 15.3.5 and 15.4.5: the answer ends with its head, whatever that says.
bool bodiless(http::status status) {
    return status == http::status::no_content || status == http::status::not_modified;
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
    error_code ignored;
    socket_.non_blocking(true, ignored);  // for write_at_once()
    try {
        bool open = co_await handshake();
        std::optional<Parser> parser;
        while (open) {
            parser.emplace();
            parser->header_limit(static_cast<std::uint32_t>(shared_->limits.max_header_bytes));
            parser->body_limit(shared_->limits.max_body_bytes);
            open = co_await read_request(*parser);
            if (open) open = co_await serve(*parser);
        }
        co_await take_leave();
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

Task<HttpSession::Transfer> HttpSession::receive() {
    const auto space = buffer_.prepare(kReadBytes);
    if (tls_) return tls_->async_read_some(space, kToken);
    return socket_.async_read_some(space, kToken);
}

Task<bool> HttpSession::read_request(Parser& parser) {
    in_request_ = false;
    deadline_ = Clock::now() + shared_->limits.idle_timeout;
    bool skipped = false;
    for (;;) {
        if (buffer_.size() > 0 && !in_request_) {
            in_request_ = true;
            deadline_ = Clock::now() + shared_->limits.header_timeout;
        }
        if (!skipped && !parser.got_some()) skipped = skip_empty_line();
        if (buffer_.size() > (skipped || parser.got_some() ? 0 : 1)) {
            const bool had_header = parser.is_header_done();
            auto refusal = parse(parser);
            if (refusal) co_return co_await refuse(parser, std::move(*refusal));
            if (parser.is_done()) co_return true;
            if (parser.is_header_done() && !had_header) {
                if (buffer_.size() == 0 && expects_continue(parser.headers()) &&
                    !co_await write_all("HTTP/1.1 100 Continue\r\n\r\n")) {
                    co_return false;
                }
                deadline_ = Clock::now() + shared_->limits.body_timeout;
            }
        }
        if (shared_->draining && !in_request_) co_return false;
        const auto [error, count] = co_await receive();
        buffer_.commit(count);
        if (error) co_return false;
    }
}

std::string_view HttpSession::input() const {
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
}

bool HttpSession::skip_empty_line() {
    const std::string_view text = input();
    if (!text.starts_with("\r\n")) return !text.empty() && text != "\r";
    buffer_.consume(2);
    return true;
}

std::optional<Refusal> HttpSession::parse(Parser& parser) {
    error_code error;
    const auto put = [&] {
        buffer_.consume(parser.put(buffer_.data(), error));
        if (error == http::error::need_more) error = {};
        return !error;
    };
    if (!parser.is_header_done()) {
        if (!put()) return refusal_of(error);  // stops behind the head: it is not eager yet
        if (!parser.is_header_done()) return std::nullopt;
        if (auto refusal = check_head(parser)) return refusal;
        parser.eager(true);
    }
    if (!parser.is_done() && buffer_.size() > 0 && !put()) return refusal_of(error);
    // The parser leaves unread what isn't a whole line yet, of whatever length.
    if (!parser.is_done() && buffer_.size() > shared_->limits.max_header_bytes) {
        return Refusal{http::status::bad_request, "a chunk's header or trailer is too long"};
    }
    return std::nullopt;
}

Task<bool> HttpSession::serve(Parser& parser) {
    HttpRequest request;
    request.method = parser.method();
    request.method_text = std::move(parser.method_text());
    request.target = std::move(parser.target());
    request.headers = std::move(parser.headers());
    request.body = std::move(parser.body());
    request.peer = peer_;
    request.tls = tls_ != nullptr;
    keep_alive_ = parser.keep_alive();
    chunked_ = parser.version() >= 11;
    head_only_ = request.method == http::verb::head;
    answer_ = Answer::none;
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
    HttpResponse response = shared_->handler.refusal(http::status::internal_server_error,
                                                     "internal error", request.path());
    static_cast<void>(co_await send(std::move(response)));
}

Task<bool> HttpSession::refuse(const Parser& parser, Refusal refusal) {
    keep_alive_ = false;
    refused_ = true;
    head_only_ = false;
    answer_ = Answer::none;
    std::string_view target = parser.target();
    // A line that came in pieces is parsed with the rest of the head, which here never came.
    if (target.empty()) target = target_of(input());
    HttpResponse response = shared_->handler.refusal(refusal.status, std::move(refusal.why),
                                                     target.substr(0, target.find('?')));
    static_cast<void>(co_await send(std::move(response)));
    co_return false;
}

Task<void> HttpSession::take_leave() {
    if (broken_ || !socket_.is_open()) co_return;
    deadline_ = Clock::now() + kLingerFor;
    if (tls_) {
        // Without the close_notify alert a peer can't tell the end from a cut (RFC 8446 6.1).
        static_cast<void>(co_await tls_->async_shutdown(kToken));
        co_return;
    }
    error_code error;
    const bool more_input = refused_ || buffer_.size() != 0 || socket_.available(error) != 0;
    if (answer_ == Answer::none || !more_input) co_return;
    // Closing with unread input resets the connection, and the reset may overtake the answer.
    socket_.shutdown(Socket::shutdown_send, error);
    std::size_t seen = 0;
    while (seen < kLingerBytes) {
        buffer_.clear();
        const auto [failed, count] = co_await receive();
        if (failed) break;
        seen += count;
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
    for (const Headers::Field header : headers) append_header(out, header.name, header.value);
    if (!bodiless(status)) {
        if (content_length) {
            append_header(out, "Content-Length", std::to_string(*content_length));
        } else if (chunked_) {
            append_header(out, "Transfer-Encoding", "chunked");
        }
    }
    append_header(out, "Connection", keep_alive_ ? "keep-alive" : "close");
    out.append("\r\n");
    return out;
}

bool HttpSession::write_at_once(std::string_view& first, std::string_view& second) {
    if (tls_) return true;
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(first.data(), first.size()),
                                                    asio::buffer(second.data(), second.size())};
    error_code error;
    const std::size_t count = socket_.write_some(buffers, error);
    if (error && error != asio::error::would_block) return false;
    const std::size_t of_first = std::min(count, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(count - of_first);
    return true;
}

Task<bool> HttpSession::write_all(std::string_view first, std::string_view second) {
    if (!write_at_once(first, second)) co_return false;
    if (first.empty() && second.empty()) co_return true;
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(first.data(), first.size()),
                                                    asio::buffer(second.data(), second.size())};
    const auto go_on = [this](error_code failed, std::size_t) -> std::size_t {
        deadline_ = Clock::now() + shared_->limits.write_timeout;
        return failed ? 0 : kWriteBytes;
    };
    error_code error;
    std::size_t count = 0;
    if (tls_) {
        std::tie(error, count) = co_await asio::async_write(*tls_, buffers, go_on, kToken);
    } else {
        std::tie(error, count) = co_await asio::async_write(socket_, buffers, go_on, kToken);
    }
    deadline_ = Clock::time_point::max();
    co_return !error;
}

Task<Result<void>> HttpSession::write_bounded(std::string_view first, std::string_view second) {
    if (broken_) co_return make_error(Errc::unavailable, "the peer closed the connection");
    const bool written = co_await write_all(first, second);
    if (written) co_return Result<void>{};
    broken_ = true;
    co_return make_error(Errc::unavailable, "the peer closed the connection, or reads too slowly");
}

Task<Result<void>> HttpSession::send(HttpResponse response) {
    if (answer_ != Answer::none) co_return make_error(Errc::internal, "answered twice");
    answer_ = Answer::whole;
    if (shared_->draining) keep_alive_ = false;
    if (bodiless(response.status)) head_only_ = true;
    const std::string head =
        head_of(response.status, response.content_type, response.headers, response.body.size());
    const std::string_view body = head_only_ ? std::string_view{} : std::string_view(response.body);
    co_return co_await write_bounded(head, body);
}

Task<Result<void>> HttpSession::begin_stream(http::status status, std::string_view content_type,
                                             Headers headers) {
    if (answer_ != Answer::none) co_return make_error(Errc::internal, "answered twice");
    answer_ = Answer::streaming;
    if (!chunked_ || shared_->draining) keep_alive_ = false;
    if (bodiless(status)) head_only_ = true;
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
