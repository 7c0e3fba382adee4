#include "mcp/methods/tools.hpp"

#include <utility>

#include "mcp/methods/inputs.hpp"
#include "mcp/methods/list.hpp"

namespace kimbap::mcp::methods {
namespace {

std::variant<ToolCall, ProtocolError> read_call(json::object& params) {
    auto name = take_string(params, "name");
    if (auto* error = std::get_if<ProtocolError>(&name)) return std::move(*error);
    auto arguments = take_object(params, "arguments");
    if (auto* error = std::get_if<ProtocolError>(&arguments)) return std::move(*error);
    auto inputs = take_inputs(params);
    if (auto* error = std::get_if<ProtocolError>(&inputs)) return std::move(*error);
    return ToolCall{std::move(std::get<std::string>(name)),
                    std::move(std::get<json::object>(arguments)),
                    std::move(std::get<Inputs>(inputs))};
}

Outcome to_outcome(ToolOutcome&& answer) {
    if (auto* result = std::get_if<ToolResult>(&answer)) return std::move(*result);
    if (auto* wanted = std::get_if<InputRequired>(&answer)) return std::move(*wanted);
    if (auto* task = std::get_if<TaskState>(&answer)) return TaskCreated{std::move(*task)};
    return std::move(std::get<ProtocolError>(answer));
}

}  // namespace

Task<Outcome> list_tools(ToolProvider& provider, json::object& params, std::size_t page_size,
                         RequestContext& context) {
    auto request = read_list_request(params, page_size);
    if (auto* error = std::get_if<ProtocolError>(&request)) co_return std::move(*error);
    auto work = provider.list(context, std::move(std::get<ListRequest>(request)));
    auto page = co_await std::move(work);
    co_return list_outcome("tools", std::move(page));
}

Task<Outcome> call_tool(ToolProvider& provider, json::object& params, RequestContext& context) {
    auto call = read_call(params);
    if (auto* error = std::get_if<ProtocolError>(&call)) co_return std::move(*error);
    std::get<ToolCall>(call).as_task = context.task_asked();
    auto work = provider.call(context, std::move(std::get<ToolCall>(call)));
    auto answer = co_await std::move(work);
    co_return to_outcome(std::move(answer));
}

}  // namespace kimbap::mcp::methods
