#include "oauth/revocation.hpp"

#include <boost/json/object.hpp>

#include "base/json_text.hpp"
#include "oauth/endpoint_request.hpp"
#include "oauth/json_memory.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::oauth {

Task<Result<void>> revoke_token(const Provider& provider, const Client& client,
                                std::string endpoint, const Secret& token, std::string hint,
                                net::HttpClient& http) {
    if (const std::size_t at = endpoint.find("{client_id}"); at != std::string::npos) {
        endpoint.replace(at, 11, client.id);
    }
    auto request = request_to(endpoint, operator_wrote(provider, endpoint));
    if (!request) co_return request.error();
    Parameters parameters;
    switch (provider.revocation) {
        case RevocationStyle::rfc7009:
        case RevocationStyle::json:
            parameters.emplace_back("token", token.reveal());
            parameters.emplace_back("token_type_hint", hint);
            if (provider.revocation == RevocationStyle::json) parameters.pop_back();
            authenticate(provider, client, *request, parameters);
            add_body(*request, parameters,
                     provider.revocation == RevocationStyle::json ? TokenRequestFormat::json
                                                                  : TokenRequestFormat::form);
            break;
        case RevocationStyle::bearer:
            request->headers.emplace_back("Authorization", "Bearer " + std::string(token.reveal()));
            break;
        case RevocationStyle::github:
            request->method = "DELETE";
            request->headers.emplace_back("Authorization",
                                          basic_credentials(client.id, client.secret.reveal()));
            parameters.emplace_back("access_token", token.reveal());
            add_body(*request, parameters, TokenRequestFormat::json);
            break;
    }
    const scrub::Scrubber sent = secrets_of(client, *request, parameters);
    auto sending = http.send(std::move(*request));
    const net::Exchange exchange = co_await std::move(sending);
    if (!exchange.response) co_return exchange.error;
    const unsigned status = exchange.response->status;
    const std::string_view answer = exchange.response->body;
    // RFC 7009 section 2.2: unknown tokens are a 200 as well; GitHub says 404, which is as good.
    const bool gone = (status >= 200 && status < 300) ||
                      (provider.revocation == RevocationStyle::github && status == 404);
    if (gone && provider.revocation == RevocationStyle::bearer) {
        const auto parsed = parse_json(answer);
        const json::value* ok =
            parsed && parsed->is_object() ? parsed->get_object().if_contains("ok") : nullptr;
        if (ok != nullptr && ok->is_bool() && !ok->get_bool()) {
            const std::string_view why = text_at(parsed->get_object(), "error");
            if (why != "token_revoked" && why != "invalid_auth") {
                co_return make_error(Errc::protocol_error, provider.name + " refused to revoke: " +
                                                               quoted_remote_text(why, sent));
            }
        }
    }
    if (gone) co_return Result<void>();
    co_return make_error(
        Errc::protocol_error,
        provider.name + "'s revocation endpoint answered HTTP " + std::to_string(status));
}

}  // namespace kimbap::oauth
