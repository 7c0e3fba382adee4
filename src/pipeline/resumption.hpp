#pragma once

#include <string>
#include <string_view>

#include "approval/approval_manager.hpp"
#include "base/error.hpp"
#include "pipeline/call.hpp"

namespace kimbap::pipeline {

struct Call;

/// What it takes to run a suspended call later, in whichever process: sealed with the approval.
[[nodiscard]] std::string to_payload(const Call& call);
/// Errors: corrupt.
[[nodiscard]] Result<CallRequest> from_payload(std::string_view payload);

/// How a suspended call stands for its caller: its stored outcome, or what its state means.
[[nodiscard]] CallResult result_of(const approval::Collected& collected);

}  // namespace kimbap::pipeline
