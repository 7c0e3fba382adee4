#pragma once

#include "app/gateway.hpp"
#include "mcp/providers.hpp"

namespace kimbap::app {

/// Completes what a user types: the choices of recipes' arguments and of resource templates'
/// variables, services' names, and the
/// caller's own approvals. Offers nothing that the caller could not list.
class GatewayCompletions final : public mcp::CompletionProvider {
public:
    /// `gateway` outlives the provider.
    explicit GatewayCompletions(Gateway& gateway) : gateway_(gateway) {}
    Task<mcp::CompletionOutcome> complete(mcp::RequestContext& context,
                                          mcp::CompletionRequest request) override;

private:
    Task<mcp::CompletionOutcome> approvals(const pipeline::Caller& caller, std::string typed);

    Gateway& gateway_;
};

}  // namespace kimbap::app
