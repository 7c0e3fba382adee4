#include "mcp/methods/resources.hpp"

#include <utility>

#include "mcp/methods/inputs.hpp"
#include "mcp/methods/list.hpp"

namespace kimbap::mcp::methods {

Task<Outcome> list_resources(ResourceProvider& provider, json::object& params,
                             std::size_t page_size, RequestContext& context) {
    auto request = read_list_request(params, page_size);
    if (auto* error = std::get_if<ProtocolError>(&request)) co_return std::move(*error);
    auto work = provider.list(context, std::move(std::get<ListRequest>(request)));
    auto page = co_await std::move(work);
    co_return list_outcome("resources", std::move(page));
}

Task<Outcome> list_templates(ResourceProvider& provider, json::object& params,
                             std::size_t page_size, RequestContext& context) {
    auto request = read_list_request(params, page_size);
    if (auto* error = std::get_if<ProtocolError>(&request)) co_return std::move(*error);
    auto work = provider.list_templates(context, std::move(std::get<ListRequest>(request)));
    auto page = co_await std::move(work);
    co_return list_outcome("resourceTemplates", std::move(page));
}

Task<Outcome> read_resource(ResourceProvider& provider, json::object& params,
                            RequestContext& context) {
    auto uri = take_string(params, "uri");
    if (auto* error = std::get_if<ProtocolError>(&uri)) co_return std::move(*error);
    auto inputs = take_inputs(params);
    if (auto* error = std::get_if<ProtocolError>(&inputs)) co_return std::move(*error);
    ResourceRead request{std::get<std::string>(uri), std::move(std::get<Inputs>(inputs))};
    const bool retried = request.inputs.given();

    auto work = provider.read(context, std::move(request));
    auto answer = co_await std::move(work);
    if (auto* result = std::get_if<ReadResult>(&answer)) {
        if (result->contents.empty()) co_return resource_not_found(std::get<std::string>(uri));
        // What depends on the client's answers must not be reused (Caching, Cache Key).
        if (retried) result->cache = CacheHints{};
        co_return std::move(*result);
    }
    if (auto* wanted = std::get_if<InputRequired>(&answer)) co_return std::move(*wanted);
    co_return std::move(std::get<ProtocolError>(answer));
}

}  // namespace kimbap::mcp::methods
