#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"

namespace kimbap::app {

/// Relays MCP between stdin and stdout and a running `kimbap serve` until stdin ends, or SIGTERM or
/// SIGINT. Reads no configuration and opens no vault: the token is all that it holds.
/// Errors: invalid_argument (`connect` names no server).
[[nodiscard]] Result<void> run_relay(const std::string& connect, std::optional<std::string> bearer);

}  // namespace kimbap::app
