#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mcp/context.hpp"
#include "mcp/jsonrpc.hpp"

/// Reading requests as revision 2026-07-28 writes them: stateless, with everything in _meta.
namespace kimbap::mcp::modern {

/// A request whose metadata was checked and taken out of `message.params`.
struct Request {
    Message message;
    std::shared_ptr<const ClientProfile> client;
    std::optional<LogLevel> log_level = {};
    json::object meta = {};  ///< Without the protocol's own fields.
};

/// Refused before its method was looked at.
struct Rejection {
    ProtocolError error;
    int http_status = 400;
};

/// The value of an HTTP header by name, nullopt where absent. Absent as a whole on stdio.
using HeaderLookup = std::function<std::optional<std::string_view>(std::string_view)>;

/// Whether the parameters carry io.modelcontextprotocol/protocolVersion: the mark of this era.
[[nodiscard]] bool has_modern_meta(const json::value& message);

/// Checks _meta (basic, General fields), then, given `headers`, that MCP-Protocol-Version and
/// Mcp-Method agree with the body (Streamable HTTP, Server Validation), then the version.
[[nodiscard]] std::variant<Request, Rejection> open_request(Message&& message,
                                                            const HeaderLookup& headers);

}  // namespace kimbap::mcp::modern
