#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap {

/// ASCII lower case.
[[nodiscard]] std::string to_lower(std::string_view text);
/// Without leading and trailing ASCII white space.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
/// ASCII case-insensitive equality.
[[nodiscard]] bool iequals(std::string_view a, std::string_view b) noexcept;

/// The end of an error message about a word that is not one of `candidates`: ` (did you mean "x"?)`
/// with the nearest by edit distance; where none is near enough to be what a person meant,
/// ` (otherwise)`, or nothing.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> candidates,
                                     std::string_view otherwise = "");

}  // namespace kimbap
