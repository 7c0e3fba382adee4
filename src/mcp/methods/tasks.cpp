#include "mcp/methods/tasks.hpp"

#include <utility>

#include "mcp/methods/inputs.hpp"

namespace kimbap::mcp::methods {
namespace {

Outcome acknowledge(std::optional<ProtocolError>&& error) {
    if (error) return std::move(*error);
    return Acknowledged{};
}

}  // namespace

Task<Outcome> get_task(TaskProvider& provider, json::object& params, RequestContext& context) {
    if (!context.client_supports_tasks()) co_return tasks_required();
    auto id = take_string(params, "taskId");
    if (auto* error = std::get_if<ProtocolError>(&id)) co_return std::move(*error);
    auto work = provider.get(context, std::move(std::get<std::string>(id)));
    auto answer = co_await std::move(work);
    if (auto* error = std::get_if<ProtocolError>(&answer)) co_return std::move(*error);
    co_return TaskReport{std::move(std::get<TaskState>(answer))};
}

Task<Outcome> update_task(TaskProvider& provider, json::object& params, RequestContext& context) {
    if (!context.client_supports_tasks()) co_return tasks_required();
    auto id = take_string(params, "taskId");
    if (auto* error = std::get_if<ProtocolError>(&id)) co_return std::move(*error);
    auto inputs = take_inputs(params);
    if (auto* error = std::get_if<ProtocolError>(&inputs)) co_return std::move(*error);
    auto work = provider.update(context, std::move(std::get<std::string>(id)),
                                std::move(std::get<Inputs>(inputs).responses));
    auto answer = co_await std::move(work);
    co_return acknowledge(std::move(answer));
}

Task<Outcome> cancel_task(TaskProvider& provider, json::object& params, RequestContext& context) {
    if (!context.client_supports_tasks()) co_return tasks_required();
    auto id = take_string(params, "taskId");
    if (auto* error = std::get_if<ProtocolError>(&id)) co_return std::move(*error);
    auto work = provider.cancel(context, std::move(std::get<std::string>(id)));
    auto answer = co_await std::move(work);
    co_return acknowledge(std::move(answer));
}

}  // namespace kimbap::mcp::methods
