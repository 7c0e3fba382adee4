#pragma once

#include "app/config.hpp"
#include "operator_api/policies.hpp"

namespace kimbap::cli {

/// Completes a hypothetical call that doesn't say all of its caller. No agent is the configured
/// one; the configured roles are this one's alone, and any other agent has none of which nothing is
/// said.
void assume_caller(operator_api::HypotheticalCall& call, bool agent_given, bool roles_given,
                   const app::Config::Stdio& stdio);

}  // namespace kimbap::cli
