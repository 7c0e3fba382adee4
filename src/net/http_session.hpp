#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "net/http_server.hpp"
#include "net/message_parser.hpp"
#include "net/request_check.hpp"

namespace kimbap::net {

/// What a server's sessions share; lives on one thread.
struct SessionShared {
    HttpHandler& handler;
    ServerLimits limits;
    std::shared_ptr<asio::ssl::context> tls;
    bool draining = false;
    std::string date;  ///< RFC 9110 section 6.6.1; refreshed by the server's tick.
};

/// One connection: reads requests, has them handled one after the other, writes the answers.
class HttpSession final : public std::enable_shared_from_this<HttpSession>, private ResponseWriter {
public:
    using Socket = asio::generic::stream_protocol::socket;
    using Clock = std::chrono::steady_clock;

    HttpSession(Socket socket, std::shared_ptr<SessionShared> shared, asio::ip::tcp::endpoint peer);

    /// Runs until the connection ends. Never throws.
    Task<void> run();
    /// Closes the connection where its current deadline has passed.
    void expire(Clock::time_point now);
    /// Closes the connection where no request is running on it.
    void close_if_idle();
    void close();

private:
    using Transfer = std::tuple<boost::system::error_code, std::size_t>;
    using Parser = MessageParser<true>;

    Task<bool> handshake();
    Task<bool> read_request(Parser& parser);
    /// Reads into buffer_; the caller commits what came.
    Task<Transfer> receive();
    Task<bool> serve(Parser& parser);
    /// What has arrived and is not parsed yet.
    [[nodiscard]] std::string_view input() const;
    /// Whether it is settled that no (further) empty line precedes the request: one is skipped, for
    /// clients that end a body with a line break of their own (RFC 9112 section 2.2).
    bool skip_empty_line();
    std::optional<Refusal> parse(Parser& parser);
    Task<bool> refuse(const Parser& parser, Refusal refusal);
    /// Ends the connection so that the peer gets the last answer.
    Task<void> take_leave();
    /// Sends what the kernel takes without waiting, which is nearly always everything, and takes it
    /// off the front. It saves an answer a pass through the scheduler. False where the peer is
    /// gone.
    bool write_at_once(std::string_view& first, std::string_view& second);
    /// Fails where the peer takes nothing for ServerLimits::write_timeout.
    Task<bool> write_all(std::string_view first, std::string_view second = {});
    Task<Result<void>> write_bounded(std::string_view first, std::string_view second = {});
    Task<void> handle(HttpRequest& request);
    std::string head_of(http::status status, std::string_view content_type, const Headers& headers,
                        std::optional<std::size_t> content_length) const;
    void watch();
    [[nodiscard]] bool hung_up() const;

    Task<Result<void>> send(HttpResponse response) override;
    Task<Result<void>> begin_stream(http::status status, std::string_view content_type,
                                    Headers headers) override;
    Task<Result<void>> write(std::string_view bytes) override;
    Task<Result<void>> end() override;
    async::CancelToken peer_closed() override;
    bool answered() const noexcept override { return answer_ != Answer::none; }

    enum class Answer { none, whole, streaming, ended };

    Socket socket_;
    std::shared_ptr<SessionShared> shared_;
    asio::ip::tcp::endpoint peer_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
    boost::beast::flat_buffer buffer_;
    Clock::time_point deadline_;
    bool in_request_ = false;  ///< From a request's first byte to its answer's end.

    // Of the request that is being answered.
    Answer answer_ = Answer::none;
    bool refused_ = false;  ///< The rest of the request may still be on its way.
    bool keep_alive_ = false;
    bool head_only_ = false;  ///< No body follows: to HEAD, or with a status that has none.
    bool chunked_ = false;
    bool broken_ = false;
    std::optional<async::CancelSource> closed_;
    std::unique_ptr<asio::steady_timer> watch_timer_;
};

}  // namespace kimbap::net
