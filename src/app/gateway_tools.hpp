#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/gateway.hpp"
#include "app/gateway_tasks.hpp"
#include "app/lanes.hpp"
#include "mcp/paging.hpp"
#include "mcp/providers.hpp"

namespace kimbap::app {

class UserQuestion;

/// The name of the tool that collects a suspended call's outcome.
inline constexpr std::string_view kApprovalResultTool = "kimbap_approval_result";
inline constexpr std::chrono::seconds kMaxCollectWait{55};

/// The gateway's actions as MCP tools. Shows a caller only what policy could let it do.
class GatewayTools final : public mcp::ToolProvider {
public:
    /// All outlive the provider.
    GatewayTools(Gateway& gateway, Lanes& lanes, GatewayTasks& tasks)
        : gateway_(gateway), lanes_(lanes), tasks_(tasks) {}

    Task<mcp::PageOutcome> list(mcp::RequestContext& context, mcp::ListRequest request) override;
    Task<mcp::ToolOutcome> call(mcp::RequestContext& context, mcp::ToolCall call) override;
    bool takes_task(const mcp::RequestContext& context, std::string_view tool) override;
    /// None of an action that the caller can't see: its existence is not told.
    std::shared_ptr<const mcp::HeaderParams> header_params(const mcp::RequestContext& context,
                                                           std::string_view tool) override;

private:
    static constexpr std::size_t kMaxCachedLists = 256;
    struct Cached {
        std::shared_ptr<const pipeline::Rules> rules;
        std::shared_ptr<const mcp::ItemList> list;
    };

    std::shared_ptr<const mcp::ItemList> list_for(const mcp::RequestContext& context);
    Task<mcp::ToolOutcome> call_for_task(mcp::RequestContext& context, pipeline::Pipeline& pipeline,
                                         pipeline::CallRequest request, UserQuestion& question);
    Task<mcp::ToolOutcome> list_own(std::string caller_key);
    Task<mcp::ToolOutcome> collect(mcp::RequestContext& context, const pipeline::Caller& caller,
                                   const mcp::ToolCall& call);

    Gateway& gateway_;
    Lanes& lanes_;
    GatewayTasks& tasks_;
    std::mutex mutex_;
    std::map<std::string, Cached> cache_;  ///< By caller.
};

/// Which call a result is of, and what was decided, for its `_meta`.
[[nodiscard]] boost::json::object meta_of(const pipeline::CallResult& result);

/// A call's result in MCP's terms.
[[nodiscard]] mcp::ToolResult to_tool_result(pipeline::CallResult result);

}  // namespace kimbap::app
