#pragma once

#include <optional>
#include <string>

#include "app/config.hpp"
#include "base/error.hpp"

namespace kimbap::app {

/// `kimbap serve`: MCP over HTTP and the operator API, until SIGTERM or SIGINT.
/// Errors: invalid_config, unavailable (the address is taken), storage_failure.
Result<void> run_serve(Config config);

/// `kimbap mcp`: MCP over stdin and stdout, until the input ends or a signal. `bearer`
/// (KIMBAP_TOKEN) says who calls; without it the configuration's stdio agent, or `agent` where not
/// empty.
Result<void> run_stdio(Config config, const std::string& agent,
                       const std::optional<std::string>& bearer);

}  // namespace kimbap::app
