#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

/// JSON values as JSON Schema sees them, where 1 and 1.0 are the same number.
namespace kimbap::manifests {

namespace json = boost::json;

[[nodiscard]] bool is_number(const json::value& value) noexcept;
/// Exact for every int64, uint64 and double: x86-64's long double holds them all.
[[nodiscard]] long double to_number(const json::value& value) noexcept;

/// "integer" for every number without a fraction, 1.0 and 1e3 too (JSON Schema 2020-12 section
/// 4.2.3).
[[nodiscard]] std::string_view type_of(const json::value& value) noexcept;
[[nodiscard]] bool has_type(const json::value& value, std::string_view type) noexcept;
/// False for a whole number that was too large for 64 bits, of which only a double's 53 are left.
[[nodiscard]] bool fits_64_bits(const json::value& value) noexcept;

/// Equality by value: numbers by what they come to, objects whatever the order of their members.
[[nodiscard]] bool equal(const json::value& a, const json::value& b);

/// `value` with every double that is a whole number within 64 bits made an integer, so that it is
/// written with its digits alone: never as 1.0 or 1e+15.
[[nodiscard]] json::value with_integers(json::value value);

/// A value for a message: its JSON, cut after 80 bytes at the end of a character.
[[nodiscard]] std::string shown(const json::value& value);

/// A key as a JSON pointer's token (RFC 6901 section 3).
[[nodiscard]] std::string escape_pointer(std::string_view key);
[[nodiscard]] std::string unescape_pointer(std::string_view token);

}  // namespace kimbap::manifests
