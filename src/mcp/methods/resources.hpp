#pragma once

#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp::methods {

/// resources/list, resources/templates/list and resources/read (server/resources). `params` lives
/// until the coroutine ends.
Task<Outcome> list_resources(ResourceProvider& provider, json::object& params,
                             std::size_t page_size, RequestContext& context);
Task<Outcome> list_templates(ResourceProvider& provider, json::object& params,
                             std::size_t page_size, RequestContext& context);
Task<Outcome> read_resource(ResourceProvider& provider, json::object& params,
                            RequestContext& context);

}  // namespace kimbap::mcp::methods
