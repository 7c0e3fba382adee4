#pragma once

#include <memory>
#include <variant>

#include "async/task.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/legacy/session.hpp"

namespace kimbap::mcp {
class ServerCore;
}

/// What a legacy client's messages do, whatever transport brought them.
namespace kimbap::mcp::legacy {

/// Reads initialize and settles the revision: the client's if it is a legacy one we know, else our
/// latest (lifecycle, Version Negotiation).
[[nodiscard]] std::variant<Agreement, ProtocolError> negotiate(const json::object& params);

/// notifications/cancelled; everything else, known or not, needs no action.
void on_notification(Session& session, const Message& message);

/// Serves one request to its end and puts the answer, unless the request was cancelled, into
/// `outbox`, with whatever the request sends before. `may_release`: RequestContext::release_stream
/// lets go of the outbox's reader.
Task<void> serve_request(std::shared_ptr<ServerCore> core, std::shared_ptr<Session> session,
                         Message message, std::shared_ptr<Outbox> outbox, bool may_release);

}  // namespace kimbap::mcp::legacy
