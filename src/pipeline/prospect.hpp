#pragma once

#include "manifests/action_registry.hpp"
#include "pipeline/call.hpp"
#include "pipeline/services.hpp"

/// What a caller gets to see: only what its token permits and policy could let it do.
namespace kimbap::pipeline {

/// The part of a question to policy that the action makes up; who asks, and with what, is left to
/// fill in. Views into `action`, which outlives it.
[[nodiscard]] policy::Request request_about(const manifests::RegisteredAction& action);

/// What policy could say to a call of `action`, whatever its arguments; not possible either where
/// the caller's token does not permit the action.
[[nodiscard]] policy::PolicySet::Prospect prospect_of(const Rules& rules, const Caller& caller,
                                                      const manifests::RegisteredAction& action);

[[nodiscard]] bool may_see(const Rules& rules, const Caller& caller,
                           const manifests::RegisteredAction& action);
/// Whether anything of the service.
[[nodiscard]] bool may_see(const Rules& rules, const Caller& caller,
                           const manifests::Service& service);

}  // namespace kimbap::pipeline
