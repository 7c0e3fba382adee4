#pragma once

#include <string>

namespace kimbap {

/// A JSON text that check_json() took, without the white space between its tokens: one line.
[[nodiscard]] std::string without_white_space(std::string json);

}  // namespace kimbap
