#include "operator_api/operator_api.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"

namespace kimbap::operator_api {

namespace {

using Handler = Task<net::HttpResponse> (*)(const ApiRequest&, ApiServices&);

struct Route {
    std::string_view method;
    std::string_view prefix;  ///< Up to {id}, or the whole path.
    bool has_id;
    std::string_view suffix;  ///< After {id}.
    Handler handler;
    std::string_view parameters = "";  ///< Those of a list, with spaces between.
};

constexpr std::array kRoutes{
    Route{"GET", "/v1/approvals", false, "", list_approvals, "state limit before"},
    Route{"GET", "/v1/approvals/", true, "", show_approval},
    Route{"POST", "/v1/approvals/", true, ":approve", approve_approval},
    Route{"POST", "/v1/approvals/", true, ":deny", deny_approval},
    Route{"GET", "/v1/audit", false, "", list_audit, "kind call agent action since after limit"},
    Route{"GET", "/v1/policies", false, "", list_policies},
    Route{"POST", "/v1/policies:explain", false, "", explain_policy},
    Route{"GET", "/v1/tokens", false, "", list_tokens},
    Route{"POST", "/v1/tokens", false, "", create_token},
    Route{"DELETE", "/v1/tokens/", true, "", revoke_token},
    Route{"POST", "/v1/tokens/", true, ":revoke", revoke_token},
    Route{"GET", "/v1/secrets", false, "", list_secrets},
    Route{"GET", "/v1/services", false, "", list_services},
    Route{"GET", "/v1/connections", false, "", list_connections},
    Route{"POST", "/v1/connections", false, "", create_connection},
    Route{"DELETE", "/v1/connections/", true, "", revoke_connection},
    Route{"POST", "/v1/connections/", true, ":revoke", revoke_connection},
};

/// Whether `path` is the route's; the identifier into `id`.
bool fits(const Route& route, std::string_view path, std::string& id) {
    if (!route.has_id) return path == route.prefix;
    if (!path.starts_with(route.prefix) || !path.ends_with(route.suffix)) return false;
    const std::string_view found =
        path.substr(route.prefix.size(), path.size() - route.prefix.size() - route.suffix.size());
    if (found.empty() || found.find_first_of("/:") != std::string_view::npos) return false;
    id = found;
    return true;
}

/// A slip of the pen must not list more than was asked for.
Result<void> check_query(const Route& route, const ApiRequest& api) {
    if (route.parameters.empty()) return {};
    const std::vector<std::string_view> known = split(route.parameters, ' ');
    for (const auto& [name, value] : api.query) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        return make_error(
            Errc::invalid_argument,
            "unknown parameter \"" + name + "\"" +
                suggestion(name, known, "this list takes " + std::string(route.parameters)));
    }
    return {};
}

Result<void> read_body(const net::HttpRequest& request, ApiRequest& out) {
    if (trim(request.body).empty()) return {};
    auto value = parse_json(request.body);
    if (!value) return value.error();
    if (!value->is_object())
        return make_error(Errc::invalid_argument, "the body must be a JSON object");
    out.body = std::move(value->get_object());
    return {};
}

}  // namespace

Task<net::HttpResponse> OperatorApi::handle(net::HttpRequest& request,
                                            identity::IdentityPtr caller) {
    ApiRequest api;
    api.method = request.method_text;
    api.caller = std::move(caller);
    api.server_url = (request.tls ? "https://" : "http://") + std::string(request.header("Host"));
    const auto path = percent_decode(request.path());
    auto query = parse_query(request.query());
    if (!path || !query) co_return problem(400, "the URL has a malformed %-escape");
    api.path = *path;
    api.query = std::move(*query);
    const Result<void> body = read_body(request, api);
    if (!body) co_return problem(body.error());

    std::string allowed;
    for (const Route& route : kRoutes) {
        if (!fits(route, api.path, api.id)) continue;
        if (route.method != api.method) {
            allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
            continue;
        }
        const Result<void> checked = check_query(route, api);
        if (!checked) co_return problem(checked.error());
        auto handling = route.handler(api, services_);
        co_return co_await std::move(handling);
    }
    if (allowed.empty()) {
        co_return problem(404,
                          "no such resource (approvals, audit, policies, tokens, secrets, "
                          "services and connections are under /v1)");
    }
    net::HttpResponse response = problem(405, "this resource takes " + allowed);
    response.headers.set("Allow", allowed);
    co_return response;
}

}  // namespace kimbap::operator_api
