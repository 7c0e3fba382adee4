#include "oauth/device_endpoint.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "oauth/endpoint_request.hpp"
#include "oauth/json_memory.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::oauth {

namespace json = boost::json;

namespace {

std::chrono::seconds seconds_at(const json::object& object, std::string_view key,
                                std::int64_t fallback, std::int64_t least, std::int64_t most) {
    const json::value* value = object.if_contains(key);
    const std::int64_t found =
        value != nullptr && value->is_int64() ? value->get_int64() : fallback;
    return std::chrono::seconds(std::clamp(found, least, most));
}

}  // namespace

Task<Result<DeviceAuthorization>> ask_for_device_code(const Provider& provider,
                                                      const Client& client, std::string endpoint,
                                                      std::string scope, net::HttpClient& http) {
    auto request = request_to(endpoint, operator_wrote(provider, endpoint));
    if (!request) co_return request.error();
    Parameters parameters;
    if (!scope.empty()) parameters.emplace_back("scope", scope);
    authenticate(provider, client, *request, parameters);
    if (provider.authentication == ClientAuthentication::client_secret_basic) {
        parameters.emplace_back("client_id", client.id);  // RFC 8628 section 3.1: always
    }
    add_body(*request, parameters, TokenRequestFormat::form);
    const scrub::Scrubber sent = secrets_of(client, *request, parameters);
    auto sending = http.send(std::move(*request));
    net::Exchange exchange = co_await std::move(sending);
    if (!exchange.response) co_return exchange.error;
    const auto parsed = parse_secret_json(exchange.response->body);
    wipe(exchange.response->body.data(), exchange.response->body.size());
    const unsigned status = exchange.response->status;
    if (!parsed || !parsed->is_object() || status != 200 ||
        !parsed->get_object().contains("device_code")) {
        const std::string why =
            parsed && parsed->is_object()
                ? quoted_remote_text(text_at(parsed->get_object(), "error"), sent)
                : "";
        co_return make_error(Errc::protocol_error,
                             provider.name + "'s device authorization endpoint answered HTTP " +
                                 std::to_string(status) + (why.empty() ? "" : " (" + why + ")"));
    }
    const json::object& body = parsed->get_object();
    DeviceAuthorization out;
    out.device_code = Secret(std::string_view(
        body.at("device_code").is_string() ? body.at("device_code").get_string() : json::string()));
    out.user_code = quoted_remote_text(text_at(body, "user_code"));
    out.verification_uri = quoted_remote_text(text_at(body, "verification_uri"));
    if (out.verification_uri.empty()) {
        out.verification_uri = quoted_remote_text(text_at(body, "verification_url"));  // Google
    }
    out.verification_uri_complete = quoted_remote_text(text_at(body, "verification_uri_complete"));
    out.expires_in = seconds_at(body, "expires_in", 900, 1, 3600);
    out.interval = seconds_at(body, "interval", 5, 1, 60);
    if (out.device_code.empty() || out.user_code.empty() || out.verification_uri.empty()) {
        co_return make_error(Errc::protocol_error, provider.name +
                                                       "'s answer has no device_code, user_code or "
                                                       "verification_uri");
    }
    co_return out;
}

}  // namespace kimbap::oauth
