#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/url.hpp"

namespace kimbap::mcp::relay {

/// The server that a relay speaks to.
struct Target {
    net::Url url;           ///< Of its MCP endpoint; for a Unix domain socket what Host says.
    std::string unix_path;  ///< Empty for TCP.
    std::string name;       ///< As it was given, for messages.
};

/// "http://HOST:PORT" or "https://…", where "/mcp" is meant if there is no path, or "unix:PATH".
/// Errors: invalid_argument, saying what would be right.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

}  // namespace kimbap::mcp::relay
