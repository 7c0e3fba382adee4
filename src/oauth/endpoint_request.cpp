#include "oauth/endpoint_request.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::oauth {

Result<net::OutboundRequest> request_to(const std::string& endpoint, bool operator_wrote) {
    auto url = net::parse_url(endpoint);
    if (!url) return url.error();
    net::OutboundRequest out;
    out.method = "POST";
    out.url = std::move(*url);
    out.headers.emplace_back("Accept", "application/json");
    out.headers.emplace_back("User-Agent", "kimbap/0.1");
    out.deadline = std::chrono::steady_clock::now() + kEndpointTimeout;
    out.max_response_bytes = kMaxAnswerSize;
    out.operator_chose_address = operator_wrote;
    return out;
}

bool operator_wrote(const Provider& provider, const std::string& endpoint) {
    if (!provider.discovered) return true;
    const auto url = net::parse_url(endpoint);
    const auto issuer = net::parse_url(provider.issuer);
    return url && issuer && net::same_origin(*url, *issuer);
}

void add_body(net::OutboundRequest& request, const Parameters& parameters,
              TokenRequestFormat format) {
    request.body = encode_body(parameters, format);
    request.headers.emplace_back("Content-Type", format == TokenRequestFormat::form
                                                     ? "application/x-www-form-urlencoded"
                                                     : "application/json");
}

scrub::Scrubber secrets_of(const Client& client, const net::OutboundRequest& request,
                           const Parameters& parameters) {
    constexpr std::array<std::string_view, 7> kSecret{
        "access_token", "client_secret", "code", "code_verifier",
        "device_code",  "refresh_token", "token"};
    scrub::Scrubber out(client.secret.reveal());
    for (const auto& [name, value] : parameters) {
        if (std::find(kSecret.begin(), kSecret.end(), name) != kSecret.end()) out.add(value);
    }
    for (const auto& [name, value] : request.headers) {
        if (!iequals(name, "Authorization")) continue;
        out.add(std::string_view(value).substr(value.find(' ') + 1));  // behind the scheme
    }
    return out;
}

void authenticate(const Provider& provider, const Client& client, net::OutboundRequest& request,
                  Parameters& parameters) {
    switch (provider.authentication) {
        case ClientAuthentication::client_secret_basic:
            request.headers.emplace_back("Authorization",
                                         basic_credentials(client.id, client.secret.reveal()));
            break;
        case ClientAuthentication::client_secret_post:
            parameters.emplace_back("client_id", client.id);
            parameters.emplace_back("client_secret", client.secret.reveal());
            break;
        case ClientAuthentication::none:
            parameters.emplace_back("client_id", client.id);
            break;
    }
    for (const auto& [name, value] : provider.token_headers) {
        request.headers.emplace_back(name, value);
    }
}

}  // namespace kimbap::oauth
