#pragma once

#include <string>

#include "mcp/transport/exchange.hpp"

/// The HTTP+SSE transport of revision 2024-11-05: one stream a session, messages posted beside it.
namespace kimbap::mcp {

/// GET of the stream's path: opens a session that lives as long as the stream. `messages_path` is
/// where the client is told to post.
Task<void> serve_sse_stream(Exchange& exchange, std::string messages_path);
/// POST of a message: 202 at once; what it brings about goes to the session's stream.
Task<void> serve_sse_message(Exchange& exchange);

}  // namespace kimbap::mcp
