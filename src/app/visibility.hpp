#pragma once

#include "manifests/action_registry.hpp"
#include "mcp/context.hpp"
#include "pipeline/call.hpp"
#include "pipeline/services.hpp"

/// What a caller gets to see: only what its token permits and policy could let it do.
namespace kimbap::app {

[[nodiscard]] pipeline::Caller caller_of(const mcp::RequestContext& context);

/// What policy could say to a call of `action`, whatever its arguments; not possible either where
/// the caller's token does not permit the action.
[[nodiscard]] policy::PolicySet::Prospect prospect_of(const pipeline::Rules& rules,
                                                      const pipeline::Caller& caller,
                                                      const manifests::RegisteredAction& action);

[[nodiscard]] bool visible(const pipeline::Rules& rules, const pipeline::Caller& caller,
                           const manifests::RegisteredAction& action);
/// Whether anything of the service is.
[[nodiscard]] bool visible(const pipeline::Rules& rules, const pipeline::Caller& caller,
                           const manifests::Service& service);

}  // namespace kimbap::app
