#pragma once

#include <boost/json/value.hpp>

#include "mcp/transport/exchange.hpp"

/// Streamable HTTP of revisions 2025-03-26 to 2025-11-25, on one endpoint with the modern era.
namespace kimbap::mcp {

/// POST: a message, or a batch where the session's revision has them.
Task<void> serve_legacy_post(Exchange& exchange, json::value body);
/// GET: the stream of the session's own messages, or an earlier one resumed by Last-Event-ID.
Task<void> serve_legacy_get(Exchange& exchange);
/// DELETE: the session's end.
Task<void> serve_legacy_delete(Exchange& exchange);

}  // namespace kimbap::mcp
