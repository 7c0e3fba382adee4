#pragma once

#include <string_view>
#include <variant>

#include "mcp/paging.hpp"
#include "mcp/types.hpp"

namespace kimbap::mcp {

/// One page and the member of the result that it fills ("tools").
struct ListOutcome {
    std::string_view member;
    Page page;
};
/// The call goes on as a task.
struct TaskCreated {
    TaskState task;
};
/// A task's state, as asked for.
struct TaskReport {
    TaskState task;
};
/// Done, and nothing to say.
struct Acknowledged {};

/// What became of a request, whatever its era; modern/ and legacy/ each write it their way.
using Outcome = std::variant<ToolResult, ListOutcome, ReadResult, PromptResult, CompletionResult,
                             InputRequired, TaskCreated, TaskReport, Acknowledged, ProtocolError>;

}  // namespace kimbap::mcp
