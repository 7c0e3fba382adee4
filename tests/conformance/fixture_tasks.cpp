#include <algorithm>
#include <utility>

#include "base/json_text.hpp"
#include "conformance/fixture.hpp"

/// Tools that go on as tasks.
namespace kimbap::mcp::conformance {
namespace {

constexpr const char* kNoArguments = R"({"type":"object","properties":{}})";

using Run = std::shared_ptr<MemoryTasks::Run>;
using WorkOutcome = MemoryTasks::WorkOutcome;

std::chrono::milliseconds seconds_of(const json::object& arguments) {
    const auto* value = arguments.if_contains("seconds");
    const double seconds = value && value->is_number() ? value->to_number<double>() : 0;
    return std::chrono::milliseconds(static_cast<int>(std::clamp(seconds, 0.0, 3600.0) * 1000));
}

Task<WorkOutcome> compute(Run run, std::chrono::milliseconds duration, std::string label) {
    auto pause = run->pause(duration);
    co_await std::move(pause);
    co_return text_result("Computed " + label);
}

Task<ToolOutcome> slow_compute(MemoryTasks& tasks, RequestContext& context, ToolCall call) {
    const auto duration = seconds_of(call.arguments);
    auto label = argument(call.arguments, "label");
    if (!context.client_supports_tasks()) {
        auto pause = sleep_for(duration);
        co_await std::move(pause);
        co_return text_result("Computed " + label);
    }
    auto starting = tasks.start(
        context, [duration, label](Run run) { return compute(std::move(run), duration, label); });
    co_return co_await std::move(starting);
}

Task<WorkOutcome> confirm(Run run, std::string filename) {
    std::vector<InputRequired::Request> requests;
    requests.push_back(form("confirm", "Delete " + filename + "?", "confirm"));
    auto asking = run->ask(std::move(requests));
    const auto answers = co_await std::move(asking);
    if (!answers) co_return error_result("Cancelled");
    co_return text_result("Asked about " + filename + ": " + to_json(*answers));
}

Task<WorkOutcome> ask_two(Run run) {
    std::vector<InputRequired::Request> requests;
    requests.push_back(form("first", "First?", "first"));
    requests.push_back(form("second", "Second?", "second"));
    auto asking = run->ask(std::move(requests));
    const auto answers = co_await std::move(asking);
    if (!answers) co_return error_result("Cancelled");
    co_return text_result("Answers: " + to_json(*answers));
}

Task<WorkOutcome> answer_after(Run run, WorkOutcome outcome) {
    auto pause = run->pause(std::chrono::milliseconds(200));
    co_await std::move(pause);
    co_return outcome;
}

/// A job that only exists as a task.
template <class MakeWork>
Task<ToolOutcome> as_task(MemoryTasks& tasks, RequestContext& context, MakeWork make) {
    if (!context.client_supports_tasks()) co_return tasks_required();
    auto starting = tasks.start(context, make);
    co_return co_await std::move(starting);
}

/// Resolves its question before it becomes a task.
Task<ToolOutcome> ask_then_task(MemoryTasks& tasks, RequestContext& context, ToolCall call) {
    if (!call.inputs.responses.contains("user_name")) {
        InputRequired answer;
        answer.requests.push_back(form("user_name", "What is your name?", "name"));
        co_return answer;
    }
    auto text = "Hello " + to_json(call.inputs.responses["user_name"]);
    auto work = as_task(tasks, context, [text](Run run) {
        return answer_after(std::move(run), text_result(text));
    });
    co_return co_await std::move(work);
}

}  // namespace

void add_task_tools(ToolTable& table, MemoryTasks& tasks) {
    table["greet"] = {
        "Greets at once",
        R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})",
        [](RequestContext&, ToolCall call) -> Task<ToolOutcome> {
            co_return text_result("Hello, " + argument(call.arguments, "name") + "!");
        }};
    table["slow_compute"] = {
        "Computes for a while",
        R"({"type":"object","properties":{"seconds":{"type":"number"},"label":{"type":"string"}}})",
        [&tasks](RequestContext& context, ToolCall call) {
            return slow_compute(tasks, context, std::move(call));
        }};
    table["confirm_delete"] = {
        "Asks before it deletes",
        R"({"type":"object","properties":{"filename":{"type":"string"}},"required":["filename"]})",
        [&tasks](RequestContext& context, ToolCall call) -> Task<ToolOutcome> {
            const auto filename = argument(call.arguments, "filename");
            if (filename.empty()) co_return error_result("filename is missing (name a file)");
            auto work = as_task(tasks, context,
                                [filename](Run run) { return confirm(std::move(run), filename); });
            co_return co_await std::move(work);
        }};
    table["multi_input"] = {
        "Asks two things at once", kNoArguments,
        [&tasks](RequestContext& context, ToolCall) { return as_task(tasks, context, ask_two); }};
    table["failing_job"] = {
        "A task whose tool fails", kNoArguments, [&tasks](RequestContext& context, ToolCall) {
            return as_task(tasks, context, [](Run run) {
                return answer_after(std::move(run), error_result("The job failed"));
            });
        }};
    table["protocol_error_job"] = {
        "A task that fails as a request", kNoArguments,
        [&tasks](RequestContext& context, ToolCall) {
            return as_task(tasks, context, [](Run run) {
                return answer_after(std::move(run),
                                    ProtocolError{code::kInternalError, "The job broke", {}});
            });
        }};
    table["test_tool_with_task"] = {"Asks, then goes on as a task", kNoArguments,
                                    [&tasks](RequestContext& context, ToolCall call) {
                                        return ask_then_task(tasks, context, std::move(call));
                                    }};
}

}  // namespace kimbap::mcp::conformance
