#pragma once

#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp::methods {

/// prompts/list and prompts/get (server/prompts). `params` lives until the coroutine ends.
Task<Outcome> list_prompts(PromptProvider& provider, json::object& params, std::size_t page_size,
                           RequestContext& context);
Task<Outcome> get_prompt(PromptProvider& provider, json::object& params, RequestContext& context);

}  // namespace kimbap::mcp::methods
