#pragma once

#include <string>
#include <string_view>

namespace kimbap {

/// Appends `text` as a quoted JSON string (RFC 8259 section 7): only what must be escaped is, and
/// with two characters where it can be.
void append_json_string(std::string& out, std::string_view text);

}  // namespace kimbap
