#pragma once

#include "mcp/transport/exchange.hpp"

namespace kimbap::mcp {

/// Serves one POST of revision 2026-07-28: a single JSON object where the answer comes soon and
/// alone, else an event stream scoped to the request.
Task<void> serve_modern_post(Exchange& exchange, Message message);

}  // namespace kimbap::mcp
