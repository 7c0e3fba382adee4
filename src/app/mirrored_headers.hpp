#pragma once

#include <memory>

#include "base/error.hpp"
#include "manifests/action_registry.hpp"
#include "mcp/providers.hpp"

/// Arguments that modern clients repeat in headers, so that proxies can route by them: a manifest
/// asks for it with `x-mcp-header` in an argument's schema (MCP 2026-07-28, Custom Headers from
/// Tool Parameters). The server refuses a call whose header and argument differ, since a proxy
/// would have decided by one and kimbap by the other.
namespace kimbap::app {

/// The headers that an action's arguments are mirrored into; null for none.
[[nodiscard]] std::shared_ptr<const mcp::HeaderParams> mirrored_headers(
    const manifests::RegisteredAction& action);

/// Errors: invalid_config, naming each action whose annotations clients would refuse.
[[nodiscard]] Result<void> check_mirrored_headers(const manifests::ActionRegistry& actions);

}  // namespace kimbap::app
