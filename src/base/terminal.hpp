#pragma once

#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap {

/// Whether somebody can be asked: standard input and standard error are a terminal.
[[nodiscard]] bool has_terminal() noexcept;

/// Asks on the terminal without showing what is typed; without the line break. A terminal gives at
/// most a line of 4095 bytes. Errors: invalid_argument where nothing is typed or there is no
/// terminal.
[[nodiscard]] Result<Secret> ask_hidden(const std::string& prompt);

}  // namespace kimbap
