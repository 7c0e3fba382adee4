#pragma once

#include <boost/json/error.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_text.hpp"

/// What parse_json() and check_json() say of a text that is not JSON, so that they say the same.
namespace kimbap {

inline Error json_fault(const json::error_code& error, std::size_t at) {
    const bool deep = error == json::error::too_deep;
    return make_error(Errc::invalid_argument,
                      (deep ? "JSON nested deeper than " + std::to_string(kMaxJsonDepth)
                            : "not valid JSON: " + error.message()) +
                          " at byte " + std::to_string(at));
}

/// That nothing but white space follows the value that ended before `end`.
inline Result<void> nothing_behind(std::string_view text, std::size_t end) {
    const std::size_t rest = text.find_first_not_of(" \t\r\n", end);
    if (rest == std::string_view::npos) return {};
    return make_error(Errc::invalid_argument,
                      "not valid JSON: more text after the value at byte " + std::to_string(rest));
}

}  // namespace kimbap
