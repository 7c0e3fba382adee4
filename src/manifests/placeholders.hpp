#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap::manifests {

/// The names of the {placeholders} in a template, in order. A placeholder's name is letters,
/// digits,
/// '-', '_' and '.'; other braces are text.
[[nodiscard]] std::vector<std::string> placeholders(std::string_view text);

/// The name of the placeholder that is the whole template, or "".
[[nodiscard]] std::string_view sole_placeholder(std::string_view text);

/// `text` with each placeholder replaced by what `value` gives for its name.
[[nodiscard]] std::string substitute(std::string_view text,
                                     const std::function<std::string(std::string_view)>& value);

}  // namespace kimbap::manifests
