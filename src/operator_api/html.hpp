#pragma once

#include <string>
#include <string_view>

namespace kimbap::operator_api {

/// `text` as HTML text or as a quoted attribute's value: whatever an agent put into it stays text.
/// Control characters, and those that reorder or hide what stands around them (bidirectional
/// overrides, zero-width characters), appear as their code, \u{202E}, so that an operator sees what
/// is there; line breaks and tabs stay. Malformed UTF-8 becomes U+FFFD.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace kimbap::operator_api
