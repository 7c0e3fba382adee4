#pragma once

#include <string_view>

namespace kimbap {

/// Whether `text` matches `pattern` as a whole. `*` matches any run of characters, '/' and '.'
/// included; `?` any single one of UTF-8; everything else itself. Linear in practice, at worst
/// |pattern| * |text|, never exponential.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text) noexcept;

/// What comes before a pattern's first wildcard; all of one that matches itself alone.
[[nodiscard]] inline std::string_view glob_head(std::string_view pattern) noexcept {
    return pattern.substr(0, pattern.find_first_of("*?"));
}
/// Whether a pattern matches itself alone.
[[nodiscard]] inline bool is_plain(std::string_view pattern) noexcept {
    return glob_head(pattern).size() == pattern.size();
}

}  // namespace kimbap
