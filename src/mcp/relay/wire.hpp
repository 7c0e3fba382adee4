#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "mcp/outbox.hpp"
#include "mcp/relay/client_line.hpp"
#include "mcp/relay/link.hpp"

namespace kimbap::mcp::relay {

/// What the server's message is, as far as a relay must know.
struct ServerMessage {
    std::string id;      ///< Of an answer, as JSON text; empty for anything else.
    std::string method;  ///< Of a notification or a request.
    json::value value;
};
[[nodiscard]] ServerMessage read_server_message(std::string_view text);
/// The code of an error response; kRelayFailed of anything else.
[[nodiscard]] int code_of(const json::value& body);

/// What a relay's halves, one an era, share: the way to the server and the way to the client.
struct Wire {
    Link& link;
    std::shared_ptr<Outbox> outbox;
    asio::any_io_executor executor;
    /// Runs work that the relay's end waits for.
    std::function<void(Task<void>)> start;
    /// What has no identifier says "id":null, as JSON-RPC has it; MCP leaves it out from 2025-11-25
    /// on.
    bool null_ids = false;

    /// Gives a message of the server to the client.
    void deliver(const ServerMessage& message, std::string text);
    /// Answers every identifier with an error.
    void refuse(const std::vector<std::string>& ids, const ProtocolError& error);
    /// Answers what `reply` left unanswered: with the server's own error, or with what went wrong
    /// on the way.
    void conclude(const std::vector<std::string>& unanswered, const Reply& reply);
    /// Tells the log why something that nobody waits on did not get through.
    void report(const ClientLine& line, const Reply& reply) const;
};

/// Waits for so long, or until `cancel`.
Task<void> pause(asio::any_io_executor executor, std::chrono::milliseconds time,
                 async::CancelToken cancel);

/// Pauses between attempts that grow from attempt to attempt.
class Backoff {
public:
    static constexpr std::chrono::milliseconds kFirst{250};
    static constexpr std::chrono::milliseconds kLongest{10'000};
    std::chrono::milliseconds next() { return std::exchange(next_, std::min(next_ * 2, kLongest)); }
    void reset() { next_ = kFirst; }

private:
    std::chrono::milliseconds next_ = kFirst;
};

/// The notifications that say that a list may have changed: for a client whose server was away.
[[nodiscard]] std::vector<std::string> list_change_methods();

}  // namespace kimbap::mcp::relay
