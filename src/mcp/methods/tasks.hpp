#pragma once

#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp::methods {

/// tasks/get, tasks/update and tasks/cancel (extension io.modelcontextprotocol/tasks). Clients that
/// did not declare the extension get code::kMissingCapability. `params` lives until the coroutine
/// ends.
Task<Outcome> get_task(TaskProvider& provider, json::object& params, RequestContext& context);
Task<Outcome> update_task(TaskProvider& provider, json::object& params, RequestContext& context);
Task<Outcome> cancel_task(TaskProvider& provider, json::object& params, RequestContext& context);

}  // namespace kimbap::mcp::methods
