#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_string.hpp"  // IWYU pragma: export

namespace kimbap {

namespace json = boost::json;

/// Deepest nesting that kimbap reads from anyone.
inline constexpr std::size_t kMaxJsonDepth = 64;

/// Parses one JSON text (RFC 8259), no trailing bytes, at most kMaxJsonDepth deep, UTF-8 only.
/// Errors: invalid_argument with the byte offset.
[[nodiscard]] Result<json::value> parse_json(std::string_view text);

/// JSON text in which escapes of half a surrogate pair (\\ud83d alone), which RFC 8259 section 8.2
/// lets pass and parse_json refuses, are those of U+FFFD: services that cut texts write them.
[[nodiscard]] std::string without_lone_surrogates(std::string_view text);

/// Compact JSON on one line. Unlike boost::json::serialize, doubles come in the shortest form that
/// reads back the same, without a gratuitous exponent (1.5, not 1.5E0), as people and models
/// expect.
[[nodiscard]] std::string to_json(const json::value& value);
void append_json(std::string& out, const json::value& value);
void append_json(std::string& out, const json::object& value);

/// The same, indented by two spaces: for people's eyes only.
[[nodiscard]] std::string to_pretty_json(const json::value& value);

/// JSON with object keys sorted by bytes: equal values give equal text, whatever their key order.
/// Used wherever a digest of arguments is taken.
[[nodiscard]] std::string to_canonical_json(const json::value& value);

/// A double as to_json writes it.
[[nodiscard]] std::string format_number(double value);
void append_number(std::string& out, double value);
void append_number(std::string& out, std::int64_t value);

}  // namespace kimbap
