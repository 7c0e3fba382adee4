#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "net/headers.hpp"

namespace kimbap::net {

namespace http = boost::beast::http;

/// One request, read whole (bounded by ServerLimits). Owned by the connection; handlers may move
/// from it.
struct HttpRequest {
    http::verb method = http::verb::unknown;
    std::string method_text;  ///< As sent; the only useful name where `method` is unknown.
    std::string target;       ///< As sent: path and query, still percent-encoded.
    Headers headers;
    std::string body;
    asio::ip::tcp::endpoint peer;
    bool tls = false;

    /// `target` up to '?', not decoded.
    [[nodiscard]] std::string_view path() const;
    /// `target` after '?', not decoded; "" where there is none.
    [[nodiscard]] std::string_view query() const;
    /// The (first) value of a header, trimmed; "" where absent. Names are case-insensitive.
    [[nodiscard]] std::string_view header(std::string_view name) const;
    [[nodiscard]] bool has_header(std::string_view name) const;
};

/// A whole response. Date, Content-Length, the framing and Connection are the server's affair; so
/// is leaving the body out of answers to HEAD and of a 204 or 304, and header values with control
/// characters.
struct HttpResponse {
    http::status status = http::status::ok;
    std::string content_type;  ///< Left out where empty.
    std::string body;
    Headers headers;  ///< Any further ones.
};

/// How a handler answers: either send() once, or begin_stream(), write() any number of times, and
/// end(). All on the connection's thread. A handler that returns without answering gives a 500; one
/// that returns with a stream open has it ended. Errors are always unavailable: the peer is gone.
class ResponseWriter {
public:
    virtual ~ResponseWriter() = default;

    virtual Task<Result<void>> send(HttpResponse response) = 0;

    /// Sends status line and headers at once (chunked on HTTP/1.1; identity and close on HTTP/1.0).
    virtual Task<Result<void>> begin_stream(http::status status, std::string_view content_type,
                                            Headers headers = {}) = 0;
    /// Sends `bytes` now, as one chunk. Completes when the kernel took them, which is the
    /// back-pressure: a slow reader delays only its own writer. Fails when the peer took nothing
    /// for ServerLimits::write_timeout. One write at a time.
    virtual Task<Result<void>> write(std::string_view bytes) = 0;
    virtual Task<Result<void>> end() = 0;

    /// Cancelled when the peer closes or resets the connection while the handler runs. Watching
    /// costs system calls, so it starts with this first call: streams and slow calls ask, fast ones
    /// don't.
    [[nodiscard]] virtual async::CancelToken peer_closed() = 0;

    [[nodiscard]] virtual bool answered() const noexcept = 0;
};

/// What answers requests. One instance serves connections of every thread at once; each call runs
/// on its connection's thread. Exceptions are answered with 500 and logged.
class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    virtual Task<void> handle(HttpRequest& request, ResponseWriter& response) = 0;
    /// The answer to what the server refuses by itself (400, 413, 431, 501, and the 500 above): a
    /// handler may have a form of its own for errors, even another one for each path. `path` is ""
    /// where the request's first line could not be read. Unless overridden it is plain text.
    [[nodiscard]] virtual HttpResponse refusal(http::status status, std::string why,
                                               std::string_view path) const;
};

struct ServerLimits {
    std::size_t max_body_bytes = 4U << 20;     ///< Over it: 413.
    std::size_t max_header_bytes = 16U << 10;  ///< Over it: 431.
    std::chrono::milliseconds header_timeout{
        10'000};                                     ///< For a request's head, from its first byte.
    std::chrono::milliseconds body_timeout{30'000};  ///< For the rest of it.
    std::chrono::milliseconds idle_timeout{60'000};  ///< Between requests of a connection.
    std::chrono::milliseconds write_timeout{30'000};  ///< Without the peer taking anything.
    std::size_t max_connections = 20'000;             ///< Per listener; further ones are closed.
};

/// Serves HTTP/1.1 (keep-alive, pipelining in order, 100-continue) on one thread's io_context.
/// Start one per thread on the same endpoint: they can share the port (SO_REUSEPORT). It is used
/// and destroyed on that thread, or while none runs the context.
class HttpServer {
public:
    /// `handler` outlives the server. `tls` may be null. Nothing listens until listen().
    HttpServer(asio::io_context& context, HttpHandler& handler, ServerLimits limits,
               std::shared_ptr<asio::ssl::context> tls = nullptr);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Whether others may listen on the port, too, which may be other processes of this user.
    enum class Port { alone, shared };
    /// Binds and starts accepting; port 0 takes a free one. Returns the bound endpoint.
    /// Errors: unavailable with the address and the system's reason.
    Result<asio::ip::tcp::endpoint> listen(const asio::ip::tcp::endpoint& endpoint,
                                           Port port = Port::alone);
    /// Likewise on a Unix domain socket at `path`, removed at stop(): with mode 0600, or, where
    /// `group` is named, its own and 0660. Replaces a socket that a killed server left behind, but
    /// neither a live one nor any other file.
    Result<void> listen_unix(const std::string& path, const std::string& group = "");

    /// Stops accepting and closes idle connections. Running requests go on, with "Connection:
    /// close".
    void drain();
    /// Connections still open.
    [[nodiscard]] std::size_t connections() const;
    /// Closes everything.
    void stop();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace kimbap::net
