#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mcp/auth.hpp"
#include "net/http_server.hpp"

namespace kimbap::mcp {

class Server;

struct HttpOptions {
    std::string mcp_path = "/mcp";            ///< Streamable HTTP, both eras.
    std::string sse_path = "/sse";            ///< HTTP+SSE (2024-11-05): the stream.
    std::string messages_path = "/messages";  ///< HTTP+SSE: where its client posts.
    /// Values of Host that are served: "name" (any port) or "name:port". Empty: loopback names
    /// only. Prevents DNS rebinding: a web page that points its own name at this server is refused.
    std::vector<std::string> allowed_hosts;
    /// Further origins ("https://app.example.com") beside the server's own, whose pages may read
    /// answers, too (CORS). "*" admits all, but lets no page read what another origin says.
    std::vector<std::string> allowed_origins;
    /// Said with the 403 of a foreign Host or Origin: what an operator does to have it served.
    std::string guard_advice;
};

/// Serves MCP over HTTP: Streamable HTTP of both eras on one path and the older HTTP+SSE transport.
/// One instance serves every thread; anything that is not one of its paths is a 404.
class HttpTransport final : public net::HttpHandler {
public:
    /// `authenticator` outlives the transport, and the transport every request it handles.
    HttpTransport(Server& server, Authenticator& authenticator, HttpOptions options);
    ~HttpTransport() override;

    Task<void> handle(net::HttpRequest& request, net::ResponseWriter& response) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kimbap::mcp
