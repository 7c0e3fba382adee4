#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mcp/types.hpp"

namespace kimbap::mcp::relay {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// One line of the client, taken apart as far as a relay must know it; the text itself goes on as
/// it came.
struct ClientLine {
    enum class Kind { request, notification, response, batch, invalid };
    std::string text;
    Kind kind = Kind::invalid;
    std::string method = {};
    /// Identifiers, as JSON text, that the client waits on: one of a request, several of a batch.
    std::vector<std::string> ids = {};
    bool modern = false;
    /// Of a modern message: what its HTTP headers must say (Streamable HTTP, Request Metadata).
    HeaderList headers = {};
    std::string cancels = {};    ///< Of notifications/cancelled: which request.
    ProtocolError problem = {};  ///< Why it is invalid.
};

[[nodiscard]] ClientLine read_client_line(std::string text);

}  // namespace kimbap::mcp::relay
