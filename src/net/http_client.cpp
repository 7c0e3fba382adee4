#include "net/http_client.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <unordered_map>

#include "base/secret.hpp"
#include "base/text.hpp"
#include "net/address_guard.hpp"

namespace kimbap::net {

namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Socket = asio::generic::stream_protocol::socket;
using Steady = std::chrono::steady_clock;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16U << 10;
/// Of a Unix domain socket's path (sockaddr_un, with its final NUL).
constexpr std::size_t kMaxUnixPath = 107;

enum class Abort { none, timed_out, cancelled };

bool has_line_break(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

/// The request's bytes. Header values may hold the credential.
std::string serialize(const OutboundRequest& request) {
    std::string out;
    out.reserve(256 + request.url.target.size() + request.body.size());
    out.append(request.method).append(" ").append(request.url.target).append(" HTTP/1.1\r\nHost: ");
    out.append(request.url.authority()).append("\r\n");
    for (const auto& [name, value] : request.headers) {
        out.append(name).append(": ").append(value).append("\r\n");
    }
    out.append("Accept-Encoding: identity\r\n");
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
        request.method == "PATCH") {
        out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    }
    out.append("\r\n").append(request.body);
    return out;
}

void wipe_request(OutboundRequest& request) {
    for (auto& header : request.headers) wipe(header.second.data(), header.second.size());
    wipe(request.body.data(), request.body.size());
    wipe(request.url.target.data(), request.url.target.size());
}

struct WipedString {
    std::string text;
    ~WipedString() { wipe(text.data(), text.size()); }
};

}  // namespace

std::string_view OutboundResponse::header(std::string_view name) const {
    const auto found = headers.find(boost::beast::string_view(name.data(), name.size()));
    return found == headers.end() ? std::string_view{}
                                  : std::string_view(found->value().data(), found->value().size());
}

/// One connection and the request that is running on it.
class HttpClient::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(asio::io_context& context, std::string key)
        : socket_(context), resolver_(context), timer_(context), key_(std::move(key)) {}

    [[nodiscard]] const std::string& key() const { return key_; }
    [[nodiscard]] Steady::time_point idle_since() const { return idle_since_; }
    void idle_from(Steady::time_point now) { idle_since_ = now; }
    [[nodiscard]] bool reusable() const { return reusable_; }

    /// Closes the socket, so that whatever is awaited on it fails.
    void abort(Abort why) {
        if (abort_ == Abort::none) abort_ = why;
        resolver_.cancel();
        error_code ignored;
        socket_.close(ignored);
    }

    void arm(Steady::time_point deadline) {
        timer_.expires_at(deadline);
        timer_.async_wait([self = weak_from_this()](error_code error) {
            const auto connection = self.lock();
            if (!error && connection) connection->abort(Abort::timed_out);
        });
    }
    void disarm() { timer_.cancel(); }

    /// Whether the peer closed a connection that idled (or sent something unasked).
    [[nodiscard]] bool stale() {
        char byte = 0;
        const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }

    Task<Result<void>> connect(const OutboundRequest& request, const AddressGuard& guard,
                               ssl::context& tls);
    Task<Exchange> exchange(const OutboundRequest& request, std::string_view bytes);

private:
    using Parser = http::response_parser<http::string_body>;

    Task<Result<std::vector<tcp::endpoint>>> resolve(const Url& url, const AddressGuard& guard,
                                                     bool operator_chose);
    Task<Result<void>> connect_unix(std::string path);
    Task<std::pair<error_code, std::size_t>> read_some();
    Error failure(error_code error, std::string_view doing) const;
    Error parse_failure(error_code error) const;
    static void prepare(Parser& parser, const OutboundRequest& request);
    static void deliver(Parser& parser, const OutboundRequest& request, std::size_t& bytes);
    Exchange complete(Parser& parser, std::size_t bytes);

    Socket socket_;
    std::unique_ptr<ssl::stream<Socket&>> tls_;
    tcp::resolver resolver_;
    asio::steady_timer timer_;
    boost::beast::flat_buffer buffer_;
    std::string key_;
    std::string host_;
    Steady::time_point idle_since_;
    Abort abort_ = Abort::none;
    bool reusable_ = false;
};

Error HttpClient::Connection::failure(error_code error, std::string_view doing) const {
    if (abort_ == Abort::cancelled) return make_error(Errc::cancelled, "the call was withdrawn");
    if (abort_ == Abort::timed_out) {
        return make_error(Errc::timed_out,
                          "no answer from " + host_ + " in time while " + std::string(doing));
    }
    return make_error(Errc::unavailable, host_ + " can't be reached: " + error.message() +
                                             " while " + std::string(doing));
}

Task<Result<std::vector<tcp::endpoint>>> HttpClient::Connection::resolve(const Url& url,
                                                                         const AddressGuard& guard,
                                                                         bool operator_chose) {
    std::vector<tcp::endpoint> endpoints;
    error_code ignored;
    const auto literal = asio::ip::make_address(url.host, ignored);
    if (!ignored) {
        endpoints.emplace_back(literal, url.port);
    } else {
        const std::string port = std::to_string(url.port);
        auto [error, results] = co_await resolver_.async_resolve(
            url.host, port, tcp::resolver::numeric_service, kToken);
        if (error) co_return failure(error, "looking up its address");
        for (const auto& result : results) endpoints.push_back(result.endpoint());
    }
    const bool chosen = operator_chose && url.host_is_address;
    std::string refused;
    const auto blocked = [&](const tcp::endpoint& endpoint) {
        if (guard.allows(url.host, endpoint.address(), url.port)) return false;
        if (chosen &&
            (url.host != "localhost" || classify(endpoint.address()) == AddressKind::loopback)) {
            return false;
        }
        refused = endpoint.address().to_string() + " (" +
                  std::string(name(classify(endpoint.address()))) + ")";
        return true;
    };
    endpoints.erase(std::remove_if(endpoints.begin(), endpoints.end(), blocked), endpoints.end());
    if (endpoints.empty()) {
        co_return make_error(
            Errc::blocked_address,
            url.host + " resolves to " + refused +
                ", which is not a public address: refused (an operator can allow it "
                "with egress.allow_private)");
    }
    co_return endpoints;
}

Task<Result<void>> HttpClient::Connection::connect_unix(std::string path) {
    host_ = path;
    if (path.size() > kMaxUnixPath) {
        co_return make_error(Errc::invalid_argument, path + ": too long for a Unix domain socket");
    }
    const asio::local::stream_protocol::endpoint local(path);
    const Socket::endpoint_type endpoint(local);
    const auto [error] = co_await socket_.async_connect(endpoint, kToken);
    if (error || abort_ != Abort::none) co_return failure(error, "connecting");
    co_return Result<void>{};
}

Task<Result<void>> HttpClient::Connection::connect(const OutboundRequest& request,
                                                   const AddressGuard& guard, ssl::context& tls) {
    if (!request.unix_path.empty()) co_return co_await connect_unix(request.unix_path);
    const Url& url = request.url;
    host_ = url.host;
    auto endpoints = co_await resolve(url, guard, request.operator_chose_address);
    if (!endpoints) co_return endpoints.error();
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
    if (!url.tls) co_return Result<void>{};

    tls_ = std::make_unique<ssl::stream<Socket&>>(socket_, tls);
    tls_->set_verify_callback(ssl::host_name_verification(url.host));
    SSL_set_tlsext_host_name(tls_->native_handle(), url.host.c_str());
    const auto [error] = co_await tls_->async_handshake(ssl::stream_base::client, kToken);
    if (error && abort_ == Abort::none) {
        co_return make_error(Errc::tls_failure,
                             "the TLS handshake with " + url.host + " failed: " + error.message());
    }
    if (error) co_return failure(error, "the TLS handshake");
    co_return Result<void>{};
}

Task<std::pair<error_code, std::size_t>> HttpClient::Connection::read_some() {
    const auto space = buffer_.prepare(kReadBytes);
    error_code error;
    std::size_t count = 0;
    if (tls_) {
        std::tie(error, count) = co_await tls_->async_read_some(space, kToken);
    } else {
        std::tie(error, count) = co_await socket_.async_read_some(space, kToken);
    }
    buffer_.commit(count);
    co_return std::pair(error, count);
}

Error HttpClient::Connection::parse_failure(error_code error) const {
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
    return make_error(Errc::protocol_error,
                      "the answer of " + host_ + " is not valid HTTP: " + error.message());
}

void HttpClient::Connection::prepare(Parser& parser, const OutboundRequest& request) {
    parser.body_limit(request.max_response_bytes);
    parser.header_limit(kMaxHeaderBytes);
    parser.eager(true);
    if (request.method == "HEAD") parser.skip(true);
}

void HttpClient::Connection::deliver(Parser& parser, const OutboundRequest& request,
                                     std::size_t& bytes) {
    std::string& body = parser.get().body();
    const unsigned status = parser.get().result_int();
    if (!request.on_chunk || body.empty() || status < 200 || status > 299) return;
    bytes += body.size();
    request.on_chunk(body);
    body.clear();
}

Exchange HttpClient::Connection::complete(Parser& parser, std::size_t bytes) {
    reusable_ = parser.keep_alive() && buffer_.size() == 0;
    auto message = parser.release();
    Exchange out;
    out.may_have_reached_peer = true;
    out.response.emplace();
    out.response->status = message.result_int();
    out.response->body = std::move(message.body());
    out.response->body_bytes = bytes + out.response->body.size();
    out.response->headers = std::move(message.base());
    return out;
}

Task<Exchange> HttpClient::Connection::exchange(const OutboundRequest& request,
                                                std::string_view bytes) {
    reusable_ = false;
    Exchange out;
    error_code error;
    std::size_t written = 0;
    if (tls_) {
        std::tie(error, written) =
            co_await asio::async_write(*tls_, asio::buffer(bytes.data(), bytes.size()), kToken);
    } else {
        std::tie(error, written) =
            co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), kToken);
    }
    out.may_have_reached_peer = written > 0;
    if (error) {
        out.error = failure(error, "sending the request");
        co_return out;
    }
    out.may_have_reached_peer = true;
    auto parser = std::make_unique<Parser>();
    prepare(*parser, request);
    std::size_t delivered = 0;
    bool told = !request.on_head;
    for (;;) {
        if (buffer_.size() > 0) {
            const std::size_t used = parser->put(buffer_.data(), error);
            buffer_.consume(used);
            if (error == http::error::need_more) error = {};
            if (error) {
                out.error = parse_failure(error);
                co_return out;
            }
            if (!told && parser->is_header_done() && parser->get().result_int() / 100 != 1) {
                told = true;
                request.on_head(parser->get().result_int(), parser->get().base());
            }
            if (parser->is_header_done()) deliver(*parser, request, delivered);
            if (parser->is_done() && parser->get().result_int() / 100 == 1) {
                parser = std::make_unique<Parser>();  // 100 Continue, 103 Early Hints
                prepare(*parser, request);
                continue;
            }
            if (parser->is_done()) co_return complete(*parser, delivered);
        }
        auto [read_error, count] = co_await read_some();
        if (!read_error) continue;
        if (abort_ == Abort::none && parser->got_some()) {
            parser->put_eof(error);
            if (!error && parser->is_done()) co_return complete(*parser, delivered);
            out.error = parse_failure(http::error::partial_message);
        } else {
            out.error = failure(read_error, "waiting for the answer");
        }
        co_return out;
    }
}

/// The connections of one client.
class HttpClient::Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(asio::io_context& context, std::shared_ptr<ssl::context> tls, const AddressGuard& guard)
        : context_(context), tls_(std::move(tls)), guard_(guard) {}

    Task<Exchange> send(OutboundRequest request);
    void close_idle() { idle_.clear(); }

private:
    using ConnectionPtr = std::shared_ptr<Connection>;

    static std::string key_of(const OutboundRequest& request) {
        return request.unix_path + request.url.origin() +
               (request.operator_chose_address ? "+" : "-");
    }
    ConnectionPtr take_idle(const std::string& key);
    void give_back(const ConnectionPtr& connection);
    Task<Exchange> attempt(const OutboundRequest& request, std::string_view bytes,
                           ConnectionPtr connection, bool fresh);

    asio::io_context& context_;
    std::shared_ptr<ssl::context> tls_;
    const AddressGuard& guard_;
    std::unordered_map<std::string, std::vector<ConnectionPtr>> idle_;
    std::unordered_map<std::string, std::size_t> active_;
};

HttpClient::Pool::ConnectionPtr HttpClient::Pool::take_idle(const std::string& key) {
    const auto found = idle_.find(key);
    if (found == idle_.end()) return nullptr;
    auto& connections = found->second;
    const auto oldest = Steady::now() - kIdleFor;
    while (!connections.empty()) {
        ConnectionPtr connection = std::move(connections.back());
        connections.pop_back();
        if (connection->idle_since() >= oldest) return connection;
        connections.clear();  // the others have idled for longer
    }
    return nullptr;
}

void HttpClient::Pool::give_back(const ConnectionPtr& connection) {
    auto& connections = idle_[connection->key()];
    if (connections.size() >= kMaxIdlePerOrigin) return;
    connection->idle_from(Steady::now());
    connections.push_back(connection);
}

Task<Exchange> HttpClient::Pool::attempt(const OutboundRequest& request, std::string_view bytes,
                                         ConnectionPtr connection, bool fresh) {
    const auto registration = request.cancel.on_cancel([weak = std::weak_ptr(connection)] {
        if (const auto strong = weak.lock()) strong->abort(Abort::cancelled);
    });
    Exchange out;
    if (fresh) {
        connection->arm(std::min(request.deadline, Steady::now() + kConnectWithin));
        const auto connected = co_await connection->connect(request, guard_, *tls_);
        if (!connected) {
            connection->disarm();
            out.error = connected.error();
            co_return out;
        }
    }
    connection->arm(request.deadline);
    out = co_await connection->exchange(request, bytes);
    connection->disarm();
    if (connection->reusable() && !request.cancel.cancelled()) give_back(connection);
    co_return out;
}

Task<Exchange> HttpClient::Pool::send(OutboundRequest request) {
    Exchange out;
    for (const auto& [name, value] : request.headers) {
        if (has_line_break(name) || has_line_break(value)) {
            out.error = make_error(Errc::invalid_argument,
                                   "the header " + name.substr(0, 64) + " has a line break");
            co_return out;
        }
    }
    if (request.cancel.cancelled()) {
        out.error = make_error(Errc::cancelled, "the call was withdrawn");
        co_return out;
    }
    const auto self = shared_from_this();
    const std::string key = key_of(request);
    std::size_t& active = active_[key];
    if (active >= kMaxActivePerOrigin) {
        out.error = make_error(Errc::unavailable, "too many requests to " + request.url.host +
                                                      " are running (try again)");
        co_return out;
    }
    ++active;
    WipedString bytes{serialize(request)};
    ConnectionPtr connection = take_idle(key);
    const bool pooled = connection != nullptr;
    if (pooled && !request.idempotent && connection->stale()) connection.reset();
    const bool fresh = connection == nullptr;
    if (fresh) connection = std::make_shared<Connection>(context_, key);
    out = co_await attempt(request, bytes.text, std::move(connection), fresh);
    const bool stale = !fresh && !out.response && out.error.code == Errc::unavailable;
    if (stale && (request.idempotent || !out.may_have_reached_peer)) {
        ConnectionPtr replacement = std::make_shared<Connection>(context_, key);
        out = co_await attempt(request, bytes.text, std::move(replacement), true);
    }
    --active_[key];
    wipe_request(request);
    co_return out;
}

HttpClient::HttpClient(asio::io_context& context, std::shared_ptr<ssl::context> tls,
                       const AddressGuard& guard)
    : pool_(std::make_shared<Pool>(context, std::move(tls), guard)) {}

HttpClient::~HttpClient() = default;

Task<Exchange> HttpClient::send(OutboundRequest request) {
    return pool_->send(std::move(request));
}

void HttpClient::close_idle() {
    pool_->close_idle();
}

}  // namespace kimbap::net
