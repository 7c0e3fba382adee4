#pragma once

#include <string_view>

namespace kimbap {

/// What some editors and services begin a text in UTF-8 with. It is no part of the text: YAML 1.2.2
/// section 5.2 and the event streams of WHATWG HTML want it passed over, RFC 8259 section 8.1 lets
/// us.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[nodiscard]] inline std::string_view without_byte_order_mark(std::string_view text) {
    return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

}  // namespace kimbap
