#include "oauth/metadata.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "base/json_text.hpp"
#include "oauth/endpoint_request.hpp"
#include "oauth/json_memory.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::oauth {

namespace {

Task<Result<json::object>> get_json(std::string url, net::HttpClient& http) {
    auto request = request_to(url, true);
    if (!request) co_return request.error();
    request->method = "GET";
    request->idempotent = true;
    auto sending = http.send(std::move(*request));
    const net::Exchange exchange = co_await std::move(sending);
    if (!exchange.response) co_return exchange.error;
    const unsigned status = exchange.response->status;
    if (status != 200) {
        co_return make_error(status == 404 ? Errc::not_found : Errc::unavailable,
                             url + " answered HTTP " + std::to_string(status));
    }
    auto parsed = parse_json(exchange.response->body);
    if (!parsed || !parsed->is_object()) {
        co_return make_error(Errc::protocol_error, url + " is not a JSON object");
    }
    co_return std::move(parsed->get_object());
}

/// RFC 8414 section 3.1: the well-known part goes between host and path.
std::string rfc8414_url(const std::string& issuer) {
    const std::size_t path = std::min(issuer.find('/', issuer.find("://") + 3), issuer.size());
    std::string rest = issuer.substr(path);
    while (rest.ends_with('/')) rest.pop_back();
    return issuer.substr(0, path) + "/.well-known/oauth-authorization-server" + rest;
}

std::string discovery_url(std::string issuer) {
    while (issuer.ends_with('/')) issuer.pop_back();
    return issuer + "/.well-known/openid-configuration";
}

/// https everywhere, and plain http only where the issuer itself is on plain http, on its own
/// origin: metadata must not lead a secret onto the network in the clear.
bool safe_endpoint(const Provider& provider, const std::string& endpoint) {
    if (endpoint.empty()) return true;
    const auto url = net::parse_url(endpoint);
    return url && (url->tls || operator_wrote(provider, endpoint));
}

}  // namespace

Task<Result<Metadata>> fetch_metadata(const Provider& provider, net::HttpClient& http) {
    Metadata out{provider.issuer, provider.endpoints, false};
    if (!provider.discovered) co_return out;
    auto asking = get_json(discovery_url(provider.issuer), http);
    auto document = co_await std::move(asking);
    if (!document && document.error().code == Errc::not_found) {
        auto again = get_json(rfc8414_url(provider.issuer), http);
        document = co_await std::move(again);
    }
    if (!document) {
        co_return make_error(document.error().code, provider.name + "'s metadata can't be read: " +
                                                        document.error().message);
    }
    if (text_at(*document, "issuer") != provider.issuer) {
        co_return make_error(Errc::protocol_error,
                             provider.name + "'s metadata speaks for the issuer " +
                                 quoted_remote_text(text_at(*document, "issuer")) + ", not for " +
                                 provider.issuer + " (correct \"issuer\" if that is right)");
    }
    const auto endpoint = [&](std::string& into, std::string_view key) {
        if (into.empty()) into = text_at(*document, key);
    };
    endpoint(out.endpoints.authorization, "authorization_endpoint");
    endpoint(out.endpoints.token, "token_endpoint");
    endpoint(out.endpoints.device_authorization, "device_authorization_endpoint");
    endpoint(out.endpoints.revocation, "revocation_endpoint");
    for (const std::string* url :
         {&out.endpoints.authorization, &out.endpoints.token, &out.endpoints.device_authorization,
          &out.endpoints.revocation}) {
        if (safe_endpoint(provider, *url)) continue;
        co_return make_error(Errc::protocol_error,
                             provider.name + "'s metadata names the endpoint " +
                                 quoted_remote_text(*url) + ", which is not an https URL");
    }
    if (out.endpoints.token.empty()) {
        co_return make_error(Errc::protocol_error,
                             provider.name + "'s metadata has no token_endpoint");
    }
    const json::value* iss =
        document->if_contains("authorization_response_iss_parameter_supported");
    out.iss_in_response = iss != nullptr && iss->is_bool() && iss->get_bool();
    co_return out;
}

}  // namespace kimbap::oauth
