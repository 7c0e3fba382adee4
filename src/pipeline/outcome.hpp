#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "pipeline/call.hpp"

namespace kimbap::pipeline {

/// A result as the JSON text that is kept sealed for its caller, and back. Bytes become base64.
[[nodiscard]] std::string to_outcome(const CallResult& result);
/// Of approval::error_outcome() it takes the message alone. Errors: corrupt.
[[nodiscard]] Result<CallResult> from_outcome(std::string_view text);

}  // namespace kimbap::pipeline
