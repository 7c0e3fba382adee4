#include "base/visible.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "base/encoding.hpp"

namespace kimbap {

namespace {

struct Point {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
};

/// The code point at the begin of well-formed UTF-8.
Point first_point(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t code = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3FU);
    return {code, size};
}

/// Unicode's Cc, and of Cf and Zl/Zp what changes how the text around it is read.
bool deceives(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0xAD || code == 0x61C ||
           code == 0x180E || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB) ||
           (code >= 0xE0000 && code <= 0xE007F);
}

}  // namespace

std::string visible(std::string_view text, Breaks breaks) {
    std::string valid;
    if (!is_utf8(text)) text = valid = to_valid_utf8(text);
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Point point = first_point(text);
        const bool kept = breaks == Breaks::keep && (point.code == '\n' || point.code == '\t');
        if (deceives(point.code) && !kept) {
            out += fmt::format("\\u{{{:04X}}}", point.code);
        } else {
            out.append(text.substr(0, point.bytes));
        }
        text.remove_prefix(point.bytes);
    }
    return out;
}

}  // namespace kimbap
