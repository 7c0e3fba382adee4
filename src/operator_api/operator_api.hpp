#pragma once

#include "identity/identity.hpp"
#include "net/http_server.hpp"
#include "operator_api/services.hpp"

namespace kimbap::operator_api {

/// Where providers send browsers back to: the redirect URI to register, after the server's address.
inline constexpr std::string_view kCallbackPath = "/v1/connections/callback";

/// The operator API under /v1. The caller was authenticated by who routes here. Thread-safe.
class OperatorApi {
public:
    /// `services` outlives the API.
    explicit OperatorApi(ApiServices& services) : services_(services) {}

    Task<net::HttpResponse> handle(net::HttpRequest& request, identity::IdentityPtr caller);
    /// GET kCallbackPath: a browser comes back from an OAuth provider. It carries no token: the
    /// state, given out to an operator and good once, stands for it. Answers a page.
    Task<net::HttpResponse> callback(net::HttpRequest& request);

private:
    ApiServices& services_;
};

}  // namespace kimbap::operator_api
