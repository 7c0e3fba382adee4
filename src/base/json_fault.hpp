#pragma once

#include <boost/json/error.hpp>
#include <charconv>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_text.hpp"

/// What parse_json() and check_json() say of a text that is not JSON, so that they say the same.
namespace kimbap {

inline Error json_fault(const json::error_code& error, std::size_t at) {
    if (error == json::error::exponent_overflow) {
        return make_error(Errc::invalid_argument,
                          "not usable JSON: a number is too large for a double (RFC 8259 section "
                          "6) at byte " +
                              std::to_string(at));
    }
    const bool deep = error == json::error::too_deep;
    return make_error(Errc::invalid_argument,
                      (deep ? "JSON nested deeper than " + std::to_string(kMaxJsonDepth)
                            : "not valid JSON: " + error.message()) +
                          " at byte " + std::to_string(at));
}

/// The number that a text is, where Boost.JSON 1.81 only comes `near`: it is off by one in the last
/// place for every fifth number of 17 digits. Infinite for what is too large for a double.
inline double exact_double(double near, std::string_view text) {
    double value = near;  // stays where the number is too small, which makes it 0
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// That nothing but white space follows the value that ended before `end`.
inline Result<void> nothing_behind(std::string_view text, std::size_t end) {
    const std::size_t rest = text.find_first_not_of(" \t\r\n", end);
    if (rest == std::string_view::npos) return {};
    return make_error(Errc::invalid_argument,
                      "not valid JSON: more text after the value at byte " + std::to_string(rest));
}

}  // namespace kimbap
