#pragma once

#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp::methods {

/// tools/list and tools/call (server/tools). `params` lives until the coroutine ends.
Task<Outcome> list_tools(ToolProvider& provider, json::object& params, std::size_t page_size,
                         RequestContext& context);
Task<Outcome> call_tool(ToolProvider& provider, json::object& params, RequestContext& context);

}  // namespace kimbap::mcp::methods
