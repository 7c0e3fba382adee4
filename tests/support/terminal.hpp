#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/installation.hpp"

namespace kimbap::test {

/// How a command on a terminal of its own ended.
struct Terminal {
    int code = -1;
    std::string shown;
};

/// Runs kimbap with `arguments` in the installation's folder, on a terminal where somebody answers
/// each `prompt` with the next of what is `typed`, the return key included, after they did what
/// `thinking` does.
[[nodiscard]] Terminal on_terminal(
    const Installation& kimbap, const std::vector<std::string>& arguments, std::string_view prompt,
    const std::vector<std::string>& typed, const std::function<void()>& thinking = [] {});

}  // namespace kimbap::test
