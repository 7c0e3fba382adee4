#include "oauth/token_endpoint.hpp"

#include "oauth/endpoint_request.hpp"

namespace kimbap::oauth {

Task<TokenAnswer> ask_for_tokens(const Provider& provider, const Client& client,
                                 std::string endpoint, Parameters parameters,
                                 net::HttpClient& http) {
    TokenAnswer out;
    auto request = request_to(endpoint, operator_wrote(provider, endpoint));
    if (!request) {
        out.refusal = Refusal::other;
        out.error = request.error();
        co_return out;
    }
    authenticate(provider, client, *request, parameters);
    add_body(*request, parameters, provider.token_request);
    const scrub::Scrubber sent = secrets_of(client, *request, parameters);
    auto sending = http.send(std::move(*request));
    net::Exchange exchange = co_await std::move(sending);
    if (!exchange.response) {
        out.refusal = Refusal::temporary;
        out.error = make_error(exchange.error.code,
                               provider.name + "'s token endpoint: " + exchange.error.message);
        co_return out;
    }
    out = read_token_answer(provider, exchange.response->status, exchange.response->body, sent);
    wipe(exchange.response->body.data(), exchange.response->body.size());
    co_return out;
}

}  // namespace kimbap::oauth
