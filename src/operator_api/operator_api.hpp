#pragma once

#include "identity/identity.hpp"
#include "operator_api/services.hpp"
#include "net/http_server.hpp"

namespace kimbap::operator_api {

/// The operator API under /v1. The caller was authenticated by who routes here. Thread-safe.
class OperatorApi {
public:
    /// `services` outlives the API.
    explicit OperatorApi(ApiServices& services) : services_(services) {}

    Task<net::HttpResponse> handle(net::HttpRequest& request, identity::IdentityPtr caller);

private:
    ApiServices& services_;
};

}  // namespace kimbap::operator_api
