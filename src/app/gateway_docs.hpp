#pragma once

#include "app/gateway.hpp"
#include "mcp/providers.hpp"

namespace kimbap::app {

inline constexpr std::string_view kServiceUris = "kimbap://services/";
inline constexpr std::string_view kApprovalUris = "kimbap://approvals/";

/// Documentation of services (kimbap://services/{name}) and the state of a caller's own approvals
/// (kimbap://approvals/{id}) as MCP resources.
class GatewayResources final : public mcp::ResourceProvider {
public:
    explicit GatewayResources(Gateway& gateway) : gateway_(gateway) {}
    Task<mcp::PageOutcome> list(mcp::RequestContext& context, mcp::ListRequest request) override;
    Task<mcp::PageOutcome> list_templates(mcp::RequestContext& context,
                                          mcp::ListRequest request) override;
    Task<mcp::ReadOutcome> read(mcp::RequestContext& context, mcp::ResourceRead request) override;
    /// What the caller may read.
    Task<std::optional<mcp::ProtocolError>> subscribe(mcp::RequestContext& context,
                                                      std::string uri) override;

private:
    Gateway& gateway_;
};

/// A service's documentation as Markdown.
[[nodiscard]] std::string document(const manifests::Service& service);

}  // namespace kimbap::app
