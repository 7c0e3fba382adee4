#pragma once

#include <string_view>

#include "base/error.hpp"

namespace kimbap {

/// Whether `text` is one JSON text (RFC 8259) that parse_json() would take: nothing behind it,
/// valid UTF-8, no deeper than kMaxJsonDepth. Builds no value, which is most of what parsing costs.
/// Errors: invalid_argument, with the byte at which it ends to be one.
[[nodiscard]] Result<void> check_json(std::string_view text);

}  // namespace kimbap
