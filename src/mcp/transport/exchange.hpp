#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/auth.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/server_core.hpp"
#include "net/http_server.hpp"

namespace kimbap::mcp {

/// One HTTP request on its way through the transport. Lives in the handler's coroutine.
struct Exchange {
    net::HttpRequest& request;
    net::ResponseWriter& response;
    std::shared_ptr<ServerCore> core;
    Authenticator& authenticator;
    PrincipalPtr principal = nullptr;

    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    /// Whether the client takes a media type (Accept); an absent header takes everything.
    [[nodiscard]] bool accepts(std::string_view media_type) const;
    /// Whether an error without an identifier says "id":null, as JSON-RPC has it. From 2025-11-25
    /// on MCP's schema wants the member left out instead.
    [[nodiscard]] bool null_id() const;
};

/// Answers with a JSON text, or with an empty body where it is empty.
Task<void> send_json(Exchange& exchange, int status, std::string body, net::Headers headers = {});
/// Answers with a JSON-RPC error.
Task<void> send_error(Exchange& exchange, int status, ProtocolError error, std::string id = {},
                      bool null_id = false);
/// Headers of an event stream: not cached, and not buffered by a proxy.
[[nodiscard]] net::Headers stream_headers();

}  // namespace kimbap::mcp
