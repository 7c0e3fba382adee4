#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kimbap {

/// Lower-case hexadecimal.
[[nodiscard]] std::string hex_encode(std::string_view bytes);
void append_hex(std::string& out, std::string_view bytes);
/// The value of a hexadecimal digit; -1 for any other character.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
/// Strict: even length, hexadecimal digits only; else nullopt.
[[nodiscard]] std::optional<std::string> hex_decode(std::string_view text);

/// RFC 4648 section 4, with padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Strict RFC 4648 section 4: padding required, no white space, no stray trailing bits.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
/// RFC 4648 section 5, without padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
/// Strict RFC 4648 section 5 without padding.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

/// RFC 3986 section 2.1: everything outside the unreserved set becomes %XX (upper-case hex).
[[nodiscard]] std::string percent_encode(std::string_view text);
/// Decodes %XX; nullopt on a malformed escape. '+' stays '+'.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
/// `text` with each malformed sequence replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);
/// At most `limit` bytes of `text`, without half a character at the end.
[[nodiscard]] std::string_view whole_characters(std::string_view text, std::size_t limit) noexcept;

}  // namespace kimbap
