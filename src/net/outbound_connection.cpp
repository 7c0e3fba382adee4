#include "net/outbound_connection.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "base/secret.hpp"
#include "base/text.hpp"

namespace kimbap::net {

namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16U << 10;
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

/// Takes away the endpoints that may not be reached; names the last one of them.
std::string drop_blocked(std::vector<tcp::endpoint>& endpoints, const Url& url,
                         const AddressGuard& guard, bool operator_chose) {
    const bool chosen = operator_chose && url.host_is_address;
    std::string refused;
    const auto blocked = [&](const tcp::endpoint& endpoint) {
        if (guard.allows(url.host, endpoint.address(), url.port)) return false;
        const AddressKind kind = classify(endpoint.address());
        if (chosen && (url.host != "localhost" || kind == AddressKind::loopback)) return false;
        refused = endpoint.address().to_string() + " (" + std::string(name(kind)) + ")";
        return true;
    };
    endpoints.erase(std::remove_if(endpoints.begin(), endpoints.end(), blocked), endpoints.end());
    return refused;
}

/// Whether an answer's body is given on while it arrives.
bool goes_on(unsigned status, const OutboundRequest& request) {
    return request.on_chunk && status >= 200 && status <= 299;
}

/// Gives the body's part that has arrived to who wants it piece by piece; its size.
std::size_t deliver(std::string& body, unsigned status, const OutboundRequest& request) {
    if (body.empty() || !goes_on(status, request)) return 0;
    const std::size_t size = body.size();
    request.on_chunk(body);
    body.clear();
    return size;
}

/// The only coding of a transfer is chunked: we asked for no other, and what another reader of
/// these bytes made of one could desynchronise the connection (RFC 9112 section 6.3).
bool framing_is_plain(const MessageParser<false>& head) {
    for (const auto [name, value] : head.headers()) {
        if (!iequals(name, "Transfer-Encoding")) continue;
        if (head.version() < 11 || !iequals(value, "chunked")) return false;
    }
    return true;
}

}  // namespace

/// A name being looked up. It outlives a request that stops waiting: a resolver's thread can't be
/// interrupted.
struct OutboundConnection::Lookup {
    explicit Lookup(asio::io_context& context) : resolver(context), done(context) {
        done.expires_at(Clock::time_point::max());
    }
    tcp::resolver resolver;
    asio::steady_timer done;  ///< Cancelled once there is an outcome.
    error_code error;
    Endpoints endpoints;
};

Error OutboundConnection::failure(error_code error, std::string_view doing) const {
    if (abort_ == Abort::cancelled) return make_error(Errc::cancelled, "the call was withdrawn");
    if (abort_ == Abort::timed_out) {
        return make_error(Errc::timed_out,
                          "no answer from " + host_ + " in time while " + std::string(doing));
    }
    return make_error(Errc::unavailable, host_ + " can't be reached: " + error.message() +
                                             " while " + std::string(doing));
}

Error OutboundConnection::cut_off(error_code error, const Parser& parser,
                                  std::optional<Clock::time_point> stream_began) const {
    if (abort_ != Abort::timed_out || !parser.is_header_done()) {
        return failure(error, "waiting for the answer");
    }
    if (!stream_began) {
        return make_error(Errc::timed_out, "the answer of " + host_ + " was not complete in time");
    }
    if (Clock::now() < *stream_began + HttpClient::kLongestStream) {
        return make_error(Errc::timed_out,
                          "nothing more of the answer of " + host_ + " came in time");
    }
    return make_error(Errc::timed_out, "the answer of " + host_ + " had no end after an hour");
}

Error OutboundConnection::broken(const std::string& why) const {
    return make_error(Errc::protocol_error,
                      "the answer of " + host_ + " is not valid HTTP: " + why);
}

Error OutboundConnection::parse_failure(error_code error) const {
    if (error == http::error::body_limit) {
        return make_error(Errc::too_large, "the answer of " + host_ +
                                               " is larger than egress.max_response_bytes allows");
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return make_error(Errc::too_large, "the answer of " + host_ + " has too large a header");
    }
    if (error == http::error::partial_message || error == http::error::end_of_stream) {
        return make_error(Errc::protocol_error, host_ + " closed the connection in mid-answer");
    }
    return broken(error.message());
}

void OutboundConnection::abort(Abort why) {
    if (abort_ == Abort::none) abort_ = why;
    if (lookup_) lookup_->done.cancel();
    error_code ignored;
    socket_.close(ignored);
}

void OutboundConnection::arm(Clock::time_point deadline) {
    deadline_ = deadline;
    if (!waiting_ || timer_.expiry() > deadline) wait();
}

void OutboundConnection::rest() {
    if (std::exchange(waiting_, false)) timer_.cancel();
}

void OutboundConnection::wait() {
    waiting_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (error || !self) return;
        self->waiting_ = false;
        if (self->deadline_ == Clock::time_point::max()) return;
        if (Clock::now() >= self->deadline_) {
            self->abort(Abort::timed_out);
        } else {
            self->wait();
        }
    });
}

void OutboundConnection::arm_for_more(const OutboundRequest& request, Clock::time_point begun) {
    arm(std::min(Clock::now() + *request.max_silence, begun + HttpClient::kLongestStream));
}

bool OutboundConnection::stale() {
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

Task<Result<OutboundConnection::Endpoints>> OutboundConnection::resolve(const Url& url) {
    error_code no_literal;
    const auto literal = asio::ip::make_address(url.host, no_literal);
    if (!no_literal) co_return Endpoints{tcp::endpoint(literal, url.port)};
    const auto lookup = std::make_shared<Lookup>(context_);
    lookup_ = lookup;
    const std::string port = std::to_string(url.port);
    lookup->resolver.async_resolve(
        url.host, port, tcp::resolver::numeric_service,
        [lookup](error_code error, const tcp::resolver::results_type& results) {
            lookup->error = error;
            for (const auto& result : results) lookup->endpoints.push_back(result.endpoint());
            lookup->done.cancel();
        });
    co_await lookup->done.async_wait(kToken);
    lookup_.reset();
    if (abort_ != Abort::none || lookup->error || lookup->endpoints.empty()) {
        co_return failure(lookup->error, "looking up its address");
    }
    co_return std::move(lookup->endpoints);
}

Task<Result<void>> OutboundConnection::connect_unix(std::string path) {
    host_ = path;
    if (path.size() > kMaxSocketPath) {
        co_return make_error(Errc::invalid_argument, path + ": too long for a Unix domain socket");
    }
    const asio::local::stream_protocol::endpoint local(path);
    const Socket::endpoint_type endpoint(local);
    const auto [error] = co_await socket_.async_connect(endpoint, kToken);
    Result<void> connected;
    if (error || abort_ != Abort::none) connected = failure(error, "connecting");
    error_code ignored;
    socket_.non_blocking(true, ignored);  // for the write that doesn't wait
    co_return connected;
}

Task<Result<void>> OutboundConnection::connect(const OutboundRequest& request,
                                               const AddressGuard& guard, ClientTls& tls) {
    if (!request.unix_path.empty()) co_return co_await connect_unix(request.unix_path);
    const Url& url = request.url;
    const bool operator_chose = request.operator_chose_address;
    host_ = url.host;
    auto endpoints = co_await resolve(url);
    if (!endpoints) co_return endpoints.error();
    const std::string refused = drop_blocked(*endpoints, url, guard, operator_chose);
    if (endpoints->empty()) {
        co_return make_error(Errc::blocked_address,
                             url.host + " resolves to " + refused +
                                 ", which is not a public address: refused (an operator can allow "
                                 "it with egress.allow_private)");
    }
    error_code last;
    for (const tcp::endpoint& endpoint : *endpoints) {
        if (abort_ != Abort::none) break;
        error_code ignored;
        socket_.close(ignored);
        const Socket::endpoint_type peer(endpoint);
        const auto [error] = co_await socket_.async_connect(peer, kToken);
        last = error;
        if (!error) break;
    }
    if (last || abort_ != Abort::none) co_return failure(last, "connecting");
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);  // for the write that doesn't wait
    if (!url.tls) co_return Result<void>{};

    tls_ = std::make_unique<ssl::stream<Socket&>>(socket_, tls.context());
    tls_->set_verify_callback(ssl::host_name_verification(url.host));
    if (!url.host_is_address) SSL_set_tlsext_host_name(tls_->native_handle(), url.host.c_str());
    const auto [error] = co_await tls_->async_handshake(ssl::stream_base::client, kToken);
    if (error && abort_ == Abort::none) {
        co_return make_error(Errc::tls_failure,
                             "the TLS handshake with " + url.host + " failed: " + error.message());
    }
    if (error) co_return failure(error, "the TLS handshake");
    co_return Result<void>{};
}

Task<OutboundConnection::Transfer> OutboundConnection::write(std::string_view bytes) {
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    if (tls_) return asio::async_write(*tls_, buffer, kToken);
    return asio::async_write(socket_, buffer, kToken);
}

Task<OutboundConnection::Transfer> OutboundConnection::receive() {
    const auto space = buffer_.prepare(kReadBytes);
    if (tls_) return tls_->async_read_some(space, kToken);
    return socket_.async_read_some(space, kToken);
}

Task<Exchange> OutboundConnection::exchange(const OutboundRequest& request,
                                            std::string_view bytes) {
    reusable_ = false;
    std::size_t written = 0;
    error_code error;
    // The kernel nearly always takes all of it at once, which saves a pass through the scheduler.
    if (!tls_) written = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
    if (error == asio::error::would_block) error = {};
    if (!error && written < bytes.size()) {
        const auto [failed, count] = co_await write(bytes.substr(written));
        error = failed;
        written += count;
    }
    if (error && (written == 0 || abort_ != Abort::none)) {
        Exchange out;
        out.may_have_reached_peer = written > 0;
        out.error = failure(error, "sending the request");
        co_return out;
    }
    // A peer that refuses a request, for its size for instance, may answer and close before it has
    // read all of it: the answer is there all the same.
    received_ = 0;
    Exchange out = co_await read_answer(request);
    out.may_have_reached_peer = true;
    forget_received();
    if (error) {
        reusable_ = false;
        if (!out.response) out.error = failure(error, "sending the request");
    }
    co_return out;
}

void OutboundConnection::forget_received() {
    if (buffer_.size() > 0) return;  // then this connection serves no other request
    const auto used = buffer_.prepare(std::min(received_, buffer_.capacity()));
    wipe(used.data(), used.size());
}

Task<Exchange> OutboundConnection::read_answer(const OutboundRequest& request) {
    Exchange out;
    std::optional<Parser> parser;
    std::size_t delivered = 0;
    bool told = !request.on_head;
    std::optional<Clock::time_point> stream_began;  // of an answer that max_silence bounds
    for (;;) {
        if (!parser) {
            parser.emplace();
            parser->body_limit(request.max_response_bytes);
            parser->header_limit(HttpClient::kMaxHeaderBytes);
            parser->eager(true);
            parser->skip(request.method == "HEAD");
        }
        error_code error;
        if (buffer_.size() > 0) {
            buffer_.consume(parser->put(buffer_.data(), error));
            if (error == http::error::need_more) error = {};
        }
        if (!error && !parser->is_done() && buffer_.size() > HttpClient::kMaxHeaderBytes) {
            error = http::error::header_limit;  // a chunk's header or trailer without end
        }
        if (error == http::error::body_limit && parser->status() >= 400) {
            // What went wrong is said by the status; its explanation is too long to be one.
            reusable_ = false;
            OutboundResponse& response = out.response.emplace();
            response.status = parser->status();
            response.headers = std::move(parser->headers());
            response.body_bytes = delivered + parser->body().size();
            co_return out;
        }
        if (error) {
            out.error = parse_failure(error);
            co_return out;
        }
        if (parser->is_header_done()) {
            const unsigned status = parser->status();
            if (status == 101 || !framing_is_plain(*parser)) {
                out.error = broken("an upgrade or coding that was not asked for");
                co_return out;
            }
            if (!told && status / 100 != 1) {
                told = true;
                request.on_head(status, parser->headers());
            }
            delivered += deliver(parser->body(), status, request);
            if (request.max_silence && goes_on(status, request)) {
                if (!stream_began) stream_began = Clock::now();
                arm_for_more(request, *stream_began);
            }
            if (parser->is_done() && status / 100 == 1) {  // 100 Continue, 103 Early Hints
                parser.reset();
                continue;
            }
        }
        if (parser->is_done()) break;
        std::size_t count = 0;
        std::tie(error, count) = co_await receive();
        buffer_.commit(count);
        received_ += count;
        if (!error) continue;
        if (abort_ != Abort::none || !parser->got_some()) {
            out.error = cut_off(error, *parser, stream_began);
            co_return out;
        }
        // Only a proper end can end a body that has no length: a reset, or TLS that is cut off
        // without its close_notify, could be anybody's.
        error_code unfinished = http::error::partial_message;
        if (error == asio::error::eof) parser->put_eof(unfinished);
        if (unfinished || !parser->is_done()) {
            out.error = parse_failure(http::error::partial_message);
            co_return out;
        }
    }
    reusable_ = parser->keep_alive() && buffer_.size() == 0;
    OutboundResponse& response = out.response.emplace();
    response.status = parser->status();
    response.headers = std::move(parser->headers());
    response.body = std::move(parser->body());
    response.body_bytes = delivered + response.body.size();
    co_return out;
}

}  // namespace kimbap::net
