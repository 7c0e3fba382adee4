#include "mcp/legacy/tasks.hpp"

#include <array>
#include <exception>
#include <utility>

#include "base/json_text.hpp"
#include "base/log.hpp"
#include "mcp/legacy/session.hpp"
#include "mcp/methods/inputs.hpp"
#include "mcp/methods/list.hpp"
#include "mcp/result_json.hpp"
#include "mcp/server_core.hpp"

namespace kimbap::mcp::legacy {
namespace {

constexpr std::string_view kRelatedTask = "io.modelcontextprotocol/related-task";

json::object related(std::string_view id) {
    return {{kRelatedTask, json::object{{"taskId", id}}}};
}

Outcome outcome_of(TaskState&& task) {
    if (task.error) return std::move(*task.error);
    ToolResult result =
        task.result ? std::move(*task.result)
                    : error_result(task.status_message.empty() ? "The call was cancelled."
                                                               : std::move(task.status_message));
    for (auto& member : related(task.id)) result.meta[member.key()] = std::move(member.value());
    return result;
}

/// Asks the client what the task waits for, and hands the answers on; an error where that fails.
Task<std::optional<ProtocolError>> answer(const ServerCore& core, Session& session, TaskState task,
                                          RequestContext& context,
                                          const std::shared_ptr<Outbox>& outbox) {
    if (!outbox) {
        co_return ProtocolError{code::kInvalidRequest,
                                "This task asks the client, which takes no event stream (Accept)",
                                {}};
    }
    InputRequired wanted{std::move(task.input_requests)};
    for (auto& request : wanted.requests) request.params["_meta"] = related(task.id);
    auto asking = session.questions().ask(wanted, outbox, context.cancel_token(),
                                          core.options.limits.input_timeout);
    auto answers = co_await std::move(asking);
    if (auto* error = std::get_if<ProtocolError>(&answers)) co_return std::move(*error);
    auto updating =
        core.providers.tasks->update(context, task.id, std::move(std::get<json::object>(answers)));
    co_return co_await std::move(updating);
}

Task<Outcome> result(const ServerCore& core, Session& session, std::string id,
                     RequestContext& context, std::shared_ptr<Outbox> outbox) {
    auto& provider = *core.providers.tasks;
    for (;;) {
        auto waiting = provider.wait(context, id);
        auto answered = co_await std::move(waiting);
        if (auto* error = std::get_if<ProtocolError>(&answered)) co_return std::move(*error);
        auto& task = std::get<TaskState>(answered);
        if (mcp::ended(task.status)) co_return outcome_of(std::move(task));
        if (context.cancelled()) {
            co_return ProtocolError{code::kInvalidRequest, "The request was cancelled", {}};
        }
        if (task.status != TaskStatus::input_required) continue;
        auto asking = answer(core, session, std::move(task), context, outbox);
        auto refused = co_await std::move(asking);
        if (refused) co_return std::move(*refused);
    }
}

Task<Outcome> cancel(TaskProvider& provider, std::string id, RequestContext& context) {
    auto looking = provider.get(context, id);
    auto before = co_await std::move(looking);
    if (auto* error = std::get_if<ProtocolError>(&before)) co_return std::move(*error);
    const auto& task = std::get<TaskState>(before);
    if (mcp::ended(task.status)) {
        co_return invalid_params("The task has ended already: " + std::string(name(task.status)));
    }
    auto cancelling = provider.cancel(context, id);
    auto refused = co_await std::move(cancelling);
    if (refused) co_return std::move(*refused);
    auto again = provider.get(context, std::move(id));
    auto after = co_await std::move(again);
    if (auto* error = std::get_if<ProtocolError>(&after)) co_return std::move(*error);
    co_return TaskReport{std::move(std::get<TaskState>(after))};
}

Task<Outcome> list(const ServerCore& core, const json::object& params, RequestContext& context) {
    auto request = methods::read_list_request(params, core.options.page_size);
    if (auto* error = std::get_if<ProtocolError>(&request)) co_return std::move(*error);
    auto listing = core.providers.tasks->list(context, std::move(std::get<ListRequest>(request)));
    auto listed = co_await std::move(listing);
    if (auto* error = std::get_if<ProtocolError>(&listed)) co_return std::move(*error);
    auto& found = std::get<TaskPage>(listed);
    const auto text = std::make_shared<std::string>();
    for (const TaskState& task : found.tasks) {
        if (!text->empty()) *text += ',';
        std::string members;
        append_task_members(members, task);
        *text += '{' + members + '}';
    }
    Page page{text, *text, std::move(found.next_cursor)};
    co_return ListOutcome{"tasks", std::move(page)};
}

Task<Outcome> route(const ServerCore& core, Session& session, std::string_view method,
                    json::object& params, RequestContext& context, std::shared_ptr<Outbox> outbox) {
    if (method == "tasks/list") {
        auto listing = list(core, params, context);
        co_return co_await std::move(listing);
    }
    auto id = methods::take_string(params, "taskId");
    if (auto* error = std::get_if<ProtocolError>(&id)) co_return std::move(*error);
    auto& task = std::get<std::string>(id);
    if (method == "tasks/result") {
        auto waiting = result(core, session, std::move(task), context, std::move(outbox));
        co_return co_await std::move(waiting);
    }
    if (method == "tasks/cancel") {
        auto cancelling = cancel(*core.providers.tasks, std::move(task), context);
        co_return co_await std::move(cancelling);
    }
    auto looking = core.providers.tasks->get(context, std::move(task));
    auto found = co_await std::move(looking);
    if (auto* error = std::get_if<ProtocolError>(&found)) co_return std::move(*error);
    co_return TaskReport{std::move(std::get<TaskState>(found))};
}

}  // namespace

bool is_task_request(std::string_view method) noexcept {
    return method == "tasks/get" || method == "tasks/result" || method == "tasks/list" ||
           method == "tasks/cancel";
}

Task<Outcome> serve_task_request(const ServerCore& core, Session& session, std::string_view method,
                                 json::object params, RequestContext& context,
                                 std::shared_ptr<Outbox> outbox) {
    try {
        auto work = route(core, session, method, params, context, std::move(outbox));
        co_return co_await std::move(work);
    } catch (const std::exception& failure) {
        log::error("An MCP provider failed with an exception", {{"what", failure.what()}});
    }
    co_return ProtocolError{code::kInternalError, "Internal error", {}};
}

std::variant<bool, ProtocolError> take_task_wish(const ServerCore& core, json::object& params,
                                                 const RequestContext& context) {
    const auto* wish = params.if_contains("task");
    if (!wish || wish->is_null()) return false;
    if (!wish->is_object()) return invalid_params("params.task must be an object");
    params.erase("task");
    const auto* name = params.if_contains("name");
    if (!name || !name->is_string()) return true;  // The method's own check reports it.
    if (core.providers.tools->takes_task(context, std::string(name->get_string()))) return true;
    return ProtocolError{
        code::kMethodNotFound, "This tool can't be called as a task (execution.taskSupport)", {}};
}

void append_task_members(std::string& out, const TaskState& task) {
    const bool failed =
        task.status == TaskStatus::completed && task.result && task.result->is_error;
    append_member(out, "taskId", task.id);
    append_member(out, "status", name(failed ? TaskStatus::failed : task.status));
    if (!task.status_message.empty()) append_member(out, "statusMessage", task.status_message);
    append_member(out, "createdAt", task.created_at);
    append_member(out, "lastUpdatedAt", task.updated_at);
    out += R"(,"ttl":)";
    out += task.ttl ? std::to_string(task.ttl->count()) : "null";
    if (task.poll_interval) {
        out += R"(,"pollInterval":)";
        out += std::to_string(task.poll_interval->count());
    }
}

}  // namespace kimbap::mcp::legacy
