#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "base/secret.hpp"
#include "mcp/relay/client_line.hpp"
#include "mcp/relay/target.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::mcp::relay {

/// How an HTTP request of the relay ended.
struct Reply {
    unsigned status = 0;            ///< 0: no answer came at all; a 2xx may have broken off.
    bool maybe_acted_upon = false;  ///< Whether the server may have the request all the same.
    std::string problem;            ///< Why it broke off; empty where it did not.
    std::string body;               ///< Of an answer that is not 2xx.
    std::string session_id;         ///< The Mcp-Session-Id header.
    std::string last_event_id;      ///< Of an event stream: where to resume.
    std::optional<std::chrono::milliseconds> retry;

    [[nodiscard]] bool ok() const noexcept { return status >= 200 && status <= 299; }
};

/// The way to the server: Streamable HTTP with the caller's bearer token. One thread.
class Link {
public:
    /// Nothing for so long, on a server that sends a keepalive every 15 s: it is gone.
    static constexpr std::chrono::seconds kSilence{60};
    /// One message of the server.
    static constexpr std::size_t kMaxMessageBytes = 64U << 20;

    struct Request {
        std::string method = "POST";
        std::string body = {};
        HeaderList headers = {};
        async::CancelToken cancel = {};
    };
    /// Gets each JSON text of the answer on one line: the body, or an event stream's events.
    using Sink = std::function<void(std::string message)>;

    Link(net::HttpClient& http, Target target, Secret bearer)
        : http_(http), target_(std::move(target)), bearer_(std::move(bearer)) {}

    Task<Reply> send(Request request, Sink sink);
    [[nodiscard]] const std::string& server() const noexcept { return target_.name; }

private:
    net::HttpClient& http_;
    const Target target_;
    const Secret bearer_;
};

}  // namespace kimbap::mcp::relay
