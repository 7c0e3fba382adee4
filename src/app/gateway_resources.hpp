#pragma once

#include "app/gateway.hpp"
#include "app/lanes.hpp"
#include "mcp/providers.hpp"

namespace kimbap::app {

/// MCP resources: documentation of services (kimbap://services/{name}), a caller's own approvals
/// (kimbap://approvals/{id}), and what manifests declare to be one. Reading the latter is a call of
/// the action like any other: decided by policy, held for an approval, and recorded.
class GatewayResources final : public mcp::ResourceProvider {
public:
    /// Both outlive the provider.
    GatewayResources(Gateway& gateway, Lanes& lanes) : gateway_(gateway), lanes_(lanes) {}
    Task<mcp::PageOutcome> list(mcp::RequestContext& context, mcp::ListRequest request) override;
    Task<mcp::PageOutcome> list_templates(mcp::RequestContext& context,
                                          mcp::ListRequest request) override;
    Task<mcp::ReadOutcome> read(mcp::RequestContext& context, mcp::ResourceRead request) override;
    /// What the caller may read, of kimbap's own: of changes in a service nobody tells.
    Task<std::optional<mcp::ProtocolError>> subscribe(mcp::RequestContext& context,
                                                      std::string uri) override;

private:
    Task<mcp::ReadOutcome> read_action(mcp::RequestContext& context, mcp::ResourceRead request);

    Gateway& gateway_;
    Lanes& lanes_;
};

/// A call's result as the contents of `uri`, or as an error that says what happened and names the
/// call, and the approval where there is one. `mime_type` is what the manifest says; "" for the
/// answer's own.
[[nodiscard]] mcp::ReadOutcome to_read_outcome(pipeline::CallResult result, const std::string& uri,
                                               const std::string& mime_type);

}  // namespace kimbap::app
