#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/context.hpp"
#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp {
class ServerCore;
class Outbox;
}  // namespace kimbap::mcp

/// Tasks as revision 2025-11-25 has them (basic/utilities/tasks): the client asks for one with the
/// parameter `task`, tasks/result waits for the outcome, tasks/list names all of the caller's.
namespace kimbap::mcp::legacy {

class Session;

/// Whether `method` is tasks/get, tasks/result, tasks/list or tasks/cancel.
[[nodiscard]] bool is_task_request(std::string_view method) noexcept;

/// Serves one of them. What a task asks of its client while tasks/result waits goes out through
/// `outbox`; null where the client takes no requests there.
Task<Outcome> serve_task_request(const ServerCore& core, Session& session, std::string_view method,
                                 json::object params, RequestContext& context,
                                 std::shared_ptr<Outbox> outbox);

/// Takes `task` out of the parameters of tools/call: whether the client wants one. Error: the tool
/// takes none (-32601, Tool-Level Negotiation).
[[nodiscard]] std::variant<bool, ProtocolError> take_task_wish(const ServerCore& core,
                                                               json::object& params,
                                                               const RequestContext& context);

/// A task's members without braces. A completed one whose result is an error is `failed` here.
void append_task_members(std::string& out, const TaskState& task);

}  // namespace kimbap::mcp::legacy
