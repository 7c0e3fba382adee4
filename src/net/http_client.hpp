#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/http_server.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

namespace kimbap::net {

class AddressGuard;

/// The parts of a request that hold a credential: kept apart, so that no string that grows, moves
/// or is copied leaves one behind in freed memory.
struct SecretParts {
    std::string header;   ///< Name of one more header; "" for none.
    Secret header_value;  ///< Its value.
    Secret query;         ///< Encoded "name=value", added to the target's query.
    Secret body;          ///< Sent instead of the request's own.
};

/// One request to go out. `send` wipes what may hold a credential: the secret parts, and besides
/// them the header values, the target and the body.
struct OutboundRequest {
    std::string method = "GET";
    Url url;
    /// What frames the message or rules the connection is the client's affair, and left out where
    /// it stands here: Host, Content-Length, Transfer-Encoding, Accept-Encoding (always identity),
    /// Connection, TE, Trailer, Upgrade, Expect.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    SecretParts secret;
    std::chrono::steady_clock::time_point deadline;  ///< For all of it; but see max_silence.
    /// Where set, `deadline` holds until the head of an answer whose body goes to on_chunk is
    /// there. From then on this is the longest wait for more of the body, and kLongestStream for
    /// all of it.
    std::optional<std::chrono::milliseconds> max_silence;
    std::size_t max_response_bytes = 16U << 20;
    /// The operator wrote the address out (in the configuration or a manifest's base_url): a
    /// literal address in `url` is then allowed. A name that resolves to a private address never
    /// is.
    bool operator_chose_address = false;
    /// Whether sending it twice does no harm: then a pooled connection that the peer had closed
    /// meanwhile is replaced and the request sent again.
    bool idempotent = false;
    async::CancelToken cancel;
    /// Where set, the connection goes to this Unix domain socket instead of `url`'s host. The
    /// address guard has no say in it: a path is always the operator's own choice, never a
    /// manifest's.
    std::string unix_path;
    /// Where set, is told the answer's status and headers as soon as they are there. Must not
    /// block.
    std::function<void(unsigned status, const Headers& headers)> on_head;
    /// Where set, gets a 2xx answer's body piece by piece, while it arrives, instead of it being
    /// gathered; the limit holds all the same. Must not block.
    std::function<void(std::string_view)> on_chunk;
};

struct OutboundResponse {
    unsigned status = 0;
    Headers headers;
    std::string body;            ///< Empty where on_chunk took it.
    std::size_t body_bytes = 0;  ///< Also of what on_chunk took.

    [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// What became of a request.
struct Exchange {
    std::optional<OutboundResponse> response;
    Error error;  ///< Where there is no response. Never holds a header value or a body.
    /// Whether the peer may have acted on the request although no response came.
    bool may_have_reached_peer = false;
};

/// The one way out of kimbap: verification of certificates, time limits, size limits, the address
/// guard, no redirects followed, no credentials left in buffers. HTTP/1.1 with keep-alive.
/// One per io_context; used on its thread only.
class HttpClient {
public:
    static constexpr std::size_t kMaxIdlePerOrigin = 64;
    static constexpr std::size_t kMaxActivePerOrigin = 1024;
    static constexpr std::size_t kMaxHeaderBytes = 64U << 10;
    static constexpr std::chrono::seconds kIdleFor{30};
    static constexpr std::chrono::seconds kConnectWithin{10};
    static constexpr std::chrono::hours kLongestStream{1};

    /// `guard` outlives the client.
    HttpClient(boost::asio::io_context& context, std::shared_ptr<ClientTls> tls,
               const AddressGuard& guard);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Never throws for what peers do; what on_chunk throws comes out here. Errors:
    /// invalid_argument (a header with a line break), blocked_address, unavailable (refused,
    /// unreachable, unknown host, reset), tls_failure, timed_out, too_large, protocol_error
    /// (garbage, truncated), cancelled.
    Task<Exchange> send(OutboundRequest request);

    /// Closes idle connections, so that the io_context can run out of work.
    void close_idle();

private:
    class Pool;
    std::shared_ptr<Pool> pool_;
};

}  // namespace kimbap::net
