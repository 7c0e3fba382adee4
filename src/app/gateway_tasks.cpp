#include "app/gateway_tasks.hpp"

#include "app/gateway_tools.hpp"
#include "app/principal.hpp"
#include "pipeline/resumption.hpp"

namespace kimbap::app {

namespace {

using approval::Approval;
using approval::Execution;
using approval::State;
using mcp::TaskStatus;
using std::chrono::milliseconds;

/// An operator takes minutes, a call that runs takes seconds.
constexpr milliseconds kPollWaiting{3'000};
constexpr milliseconds kPollRunning{1'000};

mcp::ProtocolError unknown_task() {
    return mcp::invalid_params("Unknown task, or one whose outcome is no longer kept");
}

std::string key_of(const mcp::RequestContext& context) {
    return context.principal_as<AgentPrincipal>().caller(context.client().name).key();
}

std::string message_of(const Approval& approval) {
    if (approval.standing.stopping) return "The call was withdrawn.";
    switch (approval.state()) {
        case State::pending:
            return "Waiting for an operator's approval (" + approval.id + ", rule \"" +
                   approval.rule + "\") until " + format_time(approval.expires_at) +
                   ". Nothing was done yet.";
        case State::withdrawn:
            return "The request for approval was withdrawn.";
        case State::approved:
            if (approval.execution() == Execution::waiting) return "Approved, about to run.";
            if (approval.execution() == Execution::executing) return "Approved, running.";
            return "";
        case State::detached:
            return approval::is_final(approval.standing) ? "" : "Running.";
        default:
            return "";
    }
}

TimePoint changed_at(const Approval& approval) {
    const approval::Standing& standing = approval.standing;
    if (standing.finished_at) return *standing.finished_at;
    if (standing.decided_at) return *standing.decided_at;
    return standing.votes.empty() ? approval.created_at : standing.votes.back().at;
}

milliseconds since(TimePoint start, TimePoint end) {
    return std::chrono::duration_cast<milliseconds>(end - start);
}

}  // namespace

std::optional<mcp::TaskState> task_of(const Approval& approval, milliseconds retention,
                                      TimePoint now) {
    const bool cancelled = approval.standing.stopping || approval.state() == State::withdrawn;
    const bool ended = approval::is_final(approval.standing);
    const TimePoint changed = changed_at(approval);
    const TimePoint kept = (ended ? changed : approval.expires_at) + retention;
    if (ended && now >= kept) return std::nullopt;
    mcp::TaskState task;
    task.id = approval.id;
    task.status_message = message_of(approval);
    task.created_at = format_time(approval.created_at);
    task.updated_at = format_time(changed);
    task.ttl = since(approval.created_at, kept);
    if (cancelled) {
        task.status = TaskStatus::cancelled;
    } else if (ended) {
        task.status = TaskStatus::completed;
        task.result.emplace().is_error = approval.execution() != Execution::done;
    } else {
        task.poll_interval = approval.state() == State::pending ? kPollWaiting : kPollRunning;
    }
    return task;
}

Task<mcp::TaskOutcome> GatewayTasks::state(std::string id, std::string caller_key) {
    approval::ApprovalManager& calls = gateway_.approvals();
    auto asking = calls.outcome(std::move(id), std::move(caller_key));
    const auto collected = co_await std::move(asking);
    if (!collected && collected.error().code != Errc::not_found) {
        co_return mcp::ProtocolError{mcp::code::kInternalError, collected.error().message, {}};
    }
    if (!collected) co_return unknown_task();
    auto task = task_of(collected->approval, calls.retention(), gateway_.clock().now());
    if (!task) co_return unknown_task();
    if (task->status == TaskStatus::completed) {
        task->result = to_tool_result(pipeline::result_of(*collected));
    }
    co_return std::move(*task);
}

Task<mcp::TaskOutcome> GatewayTasks::get(mcp::RequestContext& context, std::string id) {
    return state(std::move(id), key_of(context));
}

Task<mcp::TaskOutcome> GatewayTasks::wait(mcp::RequestContext& context, std::string id) {
    const std::string key = key_of(context);
    auto looking = state(id, key);  // another caller's is not waited for
    auto found = co_await std::move(looking);
    const auto* task = std::get_if<mcp::TaskState>(&found);
    if (task == nullptr || mcp::ended(task->status)) co_return found;
    const auto deadline = std::chrono::steady_clock::now() + gateway_.approvals().retention();
    auto waiting =
        gateway_.approvals().wait(id, approval::Until::final, deadline, context.cancel_token());
    static_cast<void>(co_await std::move(waiting));
    auto again = state(std::move(id), key);
    co_return co_await std::move(again);
}

Task<std::variant<mcp::TaskPage, mcp::ProtocolError>> GatewayTasks::list(
    mcp::RequestContext& context, mcp::ListRequest request) {
    if (!request.cursor.empty() && !request.cursor.starts_with("apr_") &&
        !request.cursor.starts_with("task_")) {
        co_return mcp::invalid_params("params.cursor is none that tasks/list gave");
    }
    approval::ListFilter filter;
    filter.caller_key = key_of(context);
    filter.limit = request.page_size;
    filter.before_id = std::move(request.cursor);
    filter.detached = true;
    auto listing = gateway_.approvals().list(filter);
    const auto listed = co_await std::move(listing);
    if (!listed) {
        co_return mcp::ProtocolError{mcp::code::kInternalError, listed.error().message, {}};
    }
    mcp::TaskPage page;
    const TimePoint now = gateway_.clock().now();
    for (const Approval& one : *listed) {
        auto task = task_of(one, gateway_.approvals().retention(), now);
        if (task) page.tasks.push_back(std::move(*task));
    }
    if (listed->size() == filter.limit) page.next_cursor = listed->back().id;
    co_return page;
}

Task<std::optional<mcp::ProtocolError>> GatewayTasks::update(mcp::RequestContext& context,
                                                             std::string id, boost::json::object) {
    auto looking = state(std::move(id), key_of(context));
    auto found = co_await std::move(looking);
    if (auto* error = std::get_if<mcp::ProtocolError>(&found)) co_return std::move(*error);
    co_return std::nullopt;
}

Task<std::optional<mcp::ProtocolError>> GatewayTasks::cancel(mcp::RequestContext& context,
                                                             std::string id) {
    std::string key = key_of(context);
    auto looking = state(id, key);
    auto found = co_await std::move(looking);
    if (auto* error = std::get_if<mcp::ProtocolError>(&found)) co_return std::move(*error);
    auto stopping = gateway_.approvals().stop(std::move(id), std::move(key));
    const auto stopped = co_await std::move(stopping);
    if (!stopped) {
        co_return mcp::ProtocolError{mcp::code::kInternalError, stopped.error().message, {}};
    }
    co_return std::nullopt;
}

}  // namespace kimbap::app
