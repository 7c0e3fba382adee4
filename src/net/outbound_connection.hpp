#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "net/address_guard.hpp"
#include "net/http_client.hpp"
#include "net/message_parser.hpp"

namespace kimbap::net {

/// One connection to a peer, and the exchange that runs on it.
class OutboundConnection : public std::enable_shared_from_this<OutboundConnection> {
public:
    using Clock = std::chrono::steady_clock;
    enum class Abort { none, timed_out, cancelled };

    explicit OutboundConnection(asio::io_context& context)
        : context_(context), socket_(context), timer_(context) {}

    /// Resolves, checks every address with the guard, connects to one that may be reached, and
    /// shakes hands; or connects to the request's Unix domain socket. Errors as HttpClient::send().
    Task<Result<void>> connect(const OutboundRequest& request, const AddressGuard& guard,
                               ClientTls& tls);
    /// Sends `bytes`, which are `request`'s, and reads the answer.
    Task<Exchange> exchange(const OutboundRequest& request, std::string_view bytes);

    /// Ends whatever is awaited on this connection, which fails with that reason.
    void abort(Abort why);
    /// Aborts at `deadline` unless disarmed before. The timer itself stays as it is where it rings
    /// no later: on a busy connection it is set once in a deadline's time, not for each request.
    void arm(Clock::time_point deadline);
    void disarm() { deadline_ = Clock::time_point::max(); }
    /// Cancels the timer, so that it doesn't keep the io_context at work.
    void rest();

    /// Whether the connection can take another request, as far as the last answer says.
    [[nodiscard]] bool reusable() const { return reusable_; }
    /// Whether the peer closed a connection that idled, or sent something unasked.
    [[nodiscard]] bool stale();
    [[nodiscard]] Clock::time_point idle_since() const { return idle_since_; }
    void idle_from(Clock::time_point now) { idle_since_ = now; }

private:
    using Parser = MessageParser<false>;
    using Transfer = std::tuple<boost::system::error_code, std::size_t>;
    using Endpoints = std::vector<asio::ip::tcp::endpoint>;
    struct Lookup;

    using Socket = asio::generic::stream_protocol::socket;

    Task<Result<Endpoints>> resolve(const Url& url);
    Task<Result<void>> connect_unix(std::string path);
    Task<Transfer> write(std::string_view bytes);
    /// Reads into buffer_; the caller commits what came.
    Task<Transfer> receive();
    Task<Exchange> read_answer(const OutboundRequest& request);
    /// Overwrites what an answer left in the buffer: it may have repeated a credential.
    void forget_received();
    void wait();
    /// Of an answer whose head is there: sets the time by which more of its body must come.
    void arm_for_more(const OutboundRequest& request, Clock::time_point begun);
    /// Where the answer that `parser` reads stops coming.
    [[nodiscard]] Error cut_off(boost::system::error_code error, const Parser& parser,
                                std::optional<Clock::time_point> stream_began) const;
    [[nodiscard]] Error failure(boost::system::error_code error, std::string_view doing) const;
    [[nodiscard]] Error parse_failure(boost::system::error_code error) const;
    [[nodiscard]] Error broken(const std::string& why) const;

    asio::io_context& context_;
    Socket socket_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
    std::shared_ptr<Lookup> lookup_;
    asio::steady_timer timer_;
    bool waiting_ = false;
    Clock::time_point deadline_ = Clock::time_point::max();
    boost::beast::flat_buffer buffer_;
    std::size_t received_ = 0;  ///< Bytes of the answer under way.
    std::string host_;
    Clock::time_point idle_since_;
    Abort abort_ = Abort::none;
    bool reusable_ = false;
};

}  // namespace kimbap::net
