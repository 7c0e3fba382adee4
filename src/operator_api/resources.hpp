#pragma once

#include "async/task.hpp"
#include "net/http_server.hpp"
#include "operator_api/api_request.hpp"
#include "operator_api/services.hpp"

/// The handlers of /v1, a file for each resource (contract section 4).
namespace kimbap::operator_api {

Task<net::HttpResponse> list_approvals(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> show_approval(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> approve_approval(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> deny_approval(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> list_audit(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> list_policies(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> explain_policy(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> list_tokens(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> create_token(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> revoke_token(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> list_secrets(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> list_services(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> list_connections(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> create_connection(const ApiRequest& request, ApiServices& services);
Task<net::HttpResponse> revoke_connection(const ApiRequest& request, ApiServices& services);

}  // namespace kimbap::operator_api
