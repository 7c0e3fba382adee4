#pragma once

#include <string>

namespace CLI {
class App;
}

namespace kimbap::cli {

/// What is wrong with a command line whose command is missing or unknown, and which there are; ""
/// where that isn't what is wrong.
[[nodiscard]] std::string command_fault(const CLI::App& root);

}  // namespace kimbap::cli
