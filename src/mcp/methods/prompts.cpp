#include "mcp/methods/prompts.hpp"

#include <utility>

#include "mcp/methods/inputs.hpp"
#include "mcp/methods/list.hpp"

namespace kimbap::mcp::methods {
namespace {

std::variant<PromptGet, ProtocolError> read_get(json::object& params) {
    auto name = take_string(params, "name");
    if (auto* error = std::get_if<ProtocolError>(&name)) return std::move(*error);
    auto arguments = take_object(params, "arguments");
    if (auto* error = std::get_if<ProtocolError>(&arguments)) return std::move(*error);
    for (const auto& argument : std::get<json::object>(arguments)) {
        if (!argument.value().is_string()) {
            return invalid_params("params.arguments." + std::string(argument.key()) +
                                  " must be a string");
        }
    }
    auto inputs = take_inputs(params);
    if (auto* error = std::get_if<ProtocolError>(&inputs)) return std::move(*error);
    return PromptGet{std::move(std::get<std::string>(name)),
                     std::move(std::get<json::object>(arguments)),
                     std::move(std::get<Inputs>(inputs))};
}

}  // namespace

Task<Outcome> list_prompts(PromptProvider& provider, json::object& params, std::size_t page_size,
                           RequestContext& context) {
    auto request = read_list_request(params, page_size);
    if (auto* error = std::get_if<ProtocolError>(&request)) co_return std::move(*error);
    auto work = provider.list(context, std::move(std::get<ListRequest>(request)));
    auto page = co_await std::move(work);
    co_return list_outcome("prompts", std::move(page));
}

Task<Outcome> get_prompt(PromptProvider& provider, json::object& params, RequestContext& context) {
    auto request = read_get(params);
    if (auto* error = std::get_if<ProtocolError>(&request)) co_return std::move(*error);
    auto work = provider.get(context, std::move(std::get<PromptGet>(request)));
    auto answer = co_await std::move(work);
    if (auto* result = std::get_if<PromptResult>(&answer)) co_return std::move(*result);
    if (auto* wanted = std::get_if<InputRequired>(&answer)) co_return std::move(*wanted);
    co_return std::move(std::get<ProtocolError>(answer));
}

}  // namespace kimbap::mcp::methods
