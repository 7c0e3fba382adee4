#pragma once

#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp::methods {

/// completion/complete (server/utilities/completion). `params` lives until the coroutine ends.
Task<Outcome> complete(CompletionProvider& provider, json::object& params, RequestContext& context);

}  // namespace kimbap::mcp::methods
