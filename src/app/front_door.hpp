#pragma once

#include <memory>
#include <string>

#include "app/gateway.hpp"
#include "app/notify_door.hpp"
#include "mcp/transport/http_guard.hpp"
#include "mcp/transport/http_transport.hpp"
#include "net/http_server.hpp"
#include "operator_api/decision_page.hpp"
#include "operator_api/operator_api.hpp"

namespace kimbap::app {

/// Routes the requests of `kimbap serve`: MCP, the operator API, probes and metrics. Thread-safe.
class FrontDoor final : public net::HttpHandler {
public:
    /// All outlive it.
    FrontDoor(Gateway& gateway, Lanes& lanes, mcp::Server& server,
              mcp::Authenticator& authenticator, operator_api::ApiServices& api,
              mcp::HttpOptions options);

    Task<void> handle(net::HttpRequest& request, net::ResponseWriter& response) override;
    [[nodiscard]] net::HttpResponse refusal(net::http::status status, std::string why,
                                            std::string_view path) const override;

private:
    Task<net::HttpResponse> operators_only(net::HttpRequest& request);
    Task<net::HttpResponse> decision_page(net::HttpRequest& request);
    Task<net::HttpResponse> metrics() const;
    Task<net::HttpResponse> ready() const;
    [[nodiscard]] net::HttpResponse not_ready(const Error& error) const;
    [[nodiscard]] bool local_name(const net::HttpRequest& request) const;

    Gateway& gateway_;
    mcp::Server& server_;
    mcp::HttpTransport mcp_;
    operator_api::OperatorApi api_;
    NotifyDoor notify_;
    operator_api::DecisionPage decisions_;
    mcp::HttpGuard guard_;
};

/// The Host values and origins that the configuration makes this server answer to.
[[nodiscard]] mcp::HttpOptions http_options(const Config& config);

}  // namespace kimbap::app
