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

/// Where a request's messages go.
struct Route {
    std::shared_ptr<Outbox> outbox;
    bool may_release = false;  ///< RequestContext::release_stream lets go of the outbox's reader.
    bool may_ask = true;       ///< Whether requests to the client reach it.
};

/// For a request of no known revision: before initialize, and without one in _meta.
[[nodiscard]] ProtocolError no_revision();

/// Serves one request to its end and puts the answer, unless the request was cancelled, into the
/// route's outbox, with whatever the request sends before.
Task<void> serve_request(std::shared_ptr<ServerCore> core, std::shared_ptr<Session> session,
                         Message message, Route route);

}  // namespace kimbap::mcp::legacy
