#include "mcp/dispatcher.hpp"

#include <exception>
#include <utility>

#include "base/log.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/methods/completion.hpp"
#include "mcp/methods/inputs.hpp"
#include "mcp/methods/prompts.hpp"
#include "mcp/methods/resources.hpp"
#include "mcp/methods/tasks.hpp"
#include "mcp/methods/tools.hpp"

namespace kimbap::mcp {

bool Dispatcher::offers(Method method) const noexcept {
    switch (method) {
        case Method::tools_list:
        case Method::tools_call:
            return providers_.tools != nullptr;
        case Method::prompts_list:
        case Method::prompts_get:
            return providers_.prompts != nullptr;
        case Method::resources_list:
        case Method::resources_templates_list:
        case Method::resources_read:
            return providers_.resources != nullptr;
        case Method::completion_complete:
            return providers_.completions != nullptr;
        case Method::tasks_get:
        case Method::tasks_update:
        case Method::tasks_cancel:
            return providers_.tasks != nullptr;
    }
    return false;
}

Task<Outcome> Dispatcher::route(Method method, json::object& params,
                                RequestContext& context) const {
    const auto page_size = options_.page_size;
    switch (method) {
        case Method::tools_list:
            return methods::list_tools(*providers_.tools, params, page_size, context);
        case Method::tools_call:
            return methods::call_tool(*providers_.tools, params, context);
        case Method::prompts_list:
            return methods::list_prompts(*providers_.prompts, params, page_size, context);
        case Method::prompts_get:
            return methods::get_prompt(*providers_.prompts, params, context);
        case Method::resources_list:
            return methods::list_resources(*providers_.resources, params, page_size, context);
        case Method::resources_templates_list:
            return methods::list_templates(*providers_.resources, params, page_size, context);
        case Method::resources_read:
            return methods::read_resource(*providers_.resources, params, context);
        case Method::completion_complete:
            return methods::complete(*providers_.completions, params, context);
        case Method::tasks_get:
            return methods::get_task(*providers_.tasks, params, context);
        case Method::tasks_update:
            return methods::update_task(*providers_.tasks, params, context);
        case Method::tasks_cancel:
            break;
    }
    return methods::cancel_task(*providers_.tasks, params, context);
}

Task<Outcome> Dispatcher::dispatch(Method method, json::object params,
                                   RequestContext& context) const {
    if (!offers(method)) {
        co_return ProtocolError{code::kMethodNotFound, "Method not offered by this server", {}};
    }
    Outcome outcome = Acknowledged{};
    try {
        auto work = route(method, params, context);
        outcome = co_await std::move(work);
    } catch (const std::exception& failure) {
        json::object fields;
        fields["what"] = failure.what();
        fields["request"] = context.request_id();
        log::error("An MCP provider failed with an exception", fields);
        co_return ProtocolError{code::kInternalError, "Internal error", {}};
    }
    if (const auto* wanted = std::get_if<InputRequired>(&outcome)) {
        auto fault = methods::check_inputs_wanted(*wanted, context);
        if (fault) co_return std::move(*fault);
    }
    if (std::holds_alternative<TaskCreated>(outcome) && !context.client_supports_tasks()) {
        co_return tasks_required();
    }
    co_return outcome;
}

}  // namespace kimbap::mcp
