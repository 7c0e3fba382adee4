#include "cli/assumed_caller.hpp"

namespace kimbap::cli {

void assume_caller(operator_api::HypotheticalCall& call, bool agent_given, bool roles_given,
                   const app::Config::Stdio& stdio) {
    if (!agent_given) call.agent = stdio.agent;
    if (!roles_given && call.agent == stdio.agent) call.roles = stdio.roles;
}

}  // namespace kimbap::cli
