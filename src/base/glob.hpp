#pragma once

#include <string_view>

namespace kimbap {

/// Whether `text` matches `pattern` as a whole. `*` matches any run of characters, '/' and '.'
/// included; `?` any single one of UTF-8; everything else itself. Linear in practice, at worst
/// |pattern| * |text|, never exponential.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text) noexcept;

}  // namespace kimbap
