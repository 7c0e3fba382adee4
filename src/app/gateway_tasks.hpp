#pragma once

#include "app/gateway.hpp"
#include "approval/approval_manager.hpp"
#include "mcp/providers.hpp"

namespace kimbap::app {

/// Suspended calls as MCP tasks. A task is no thing of its own but a view of the call's row, under
/// the row's identifier: so it outlives its connection and its process, any process of the data
/// directory answers for it, and a task that waits for an approval has the approval's name.
class GatewayTasks final : public mcp::TaskProvider {
public:
    /// `gateway` outlives the provider.
    explicit GatewayTasks(Gateway& gateway) : gateway_(gateway) {}

    Task<mcp::TaskOutcome> get(mcp::RequestContext& context, std::string id) override;
    Task<mcp::TaskOutcome> wait(mcp::RequestContext& context, std::string id) override;
    Task<std::variant<mcp::TaskPage, mcp::ProtocolError>> list(mcp::RequestContext& context,
                                                               mcp::ListRequest request) override;
    /// Nothing is ever asked of the client: there is nothing to take.
    Task<std::optional<mcp::ProtocolError>> update(mcp::RequestContext& context, std::string id,
                                                   boost::json::object responses) override;
    Task<std::optional<mcp::ProtocolError>> cancel(mcp::RequestContext& context,
                                                   std::string id) override;

    /// The task as `caller_key` may see it.
    Task<mcp::TaskOutcome> state(std::string id, std::string caller_key);

private:
    Gateway& gateway_;
};

/// How a suspended call stands, in MCP's terms; of the result of one that ended, whether it is an
/// error. nullopt once it is no longer told: `retention` after its end.
[[nodiscard]] std::optional<mcp::TaskState> task_of(const approval::Approval& approval,
                                                    std::chrono::milliseconds retention,
                                                    TimePoint now);

}  // namespace kimbap::app
