#include "oauth/authorization.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "oauth/body.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::oauth {

namespace {

constexpr std::size_t kRandomBytes = 32;

std::string draw() {
    return base64url_encode(random_bytes(kRandomBytes));
}

std::optional<std::string> decoded(std::string_view part) {
    std::string text(part);
    std::replace(text.begin(), text.end(), '+', ' ');
    return percent_decode(text);
}

std::string_view at(const ResponseQuery& query, std::string_view key) {
    const auto found = query.find(key);
    return found == query.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace

void draw_randomness(AuthorizationAttempt& attempt, const Provider& provider) {
    attempt.state = draw();
    if (provider.pkce) {
        std::string verifier = draw();
        attempt.verifier = Secret::take(verifier);
    }
    const auto& scopes = attempt.scopes;
    if (std::find(scopes.begin(), scopes.end(), "openid") != scopes.end()) attempt.nonce = draw();
}

std::string code_challenge(std::string_view verifier) {
    const Sha256 digest = sha256(verifier);
    return base64url_encode(bytes_of(digest));
}

std::string authorization_url(const AuthorizationAttempt& attempt, const Provider& provider) {
    const std::string scope = join(attempt.scopes, provider.scope_separator);
    const std::string challenge =
        attempt.verifier.empty() ? "" : code_challenge(attempt.verifier.reveal());
    Parameters parameters{{"response_type", "code"},
                          {"client_id", attempt.client_id},
                          {"redirect_uri", attempt.redirect_uri},
                          {"state", attempt.state}};
    if (!scope.empty()) parameters.emplace_back("scope", scope);
    if (!challenge.empty()) {
        parameters.emplace_back("code_challenge", challenge);
        parameters.emplace_back("code_challenge_method", "S256");
    }
    if (!attempt.nonce.empty()) parameters.emplace_back("nonce", attempt.nonce);
    for (const auto& [name, value] : provider.authorization_parameters) {
        parameters.emplace_back(name, value);
    }
    return with_query(attempt.metadata.endpoints.authorization, parameters);
}

Result<ResponseQuery> parse_response_query(std::string_view query) {
    ResponseQuery out;
    for (const std::string_view pair : split(query, '&')) {
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const auto name = decoded(pair.substr(0, equals));
        const auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) {
            return make_error(Errc::invalid_argument, "the answer has a malformed %-escape");
        }
        if (!out.emplace(*name, *value).second) {
            return make_error(Errc::invalid_argument,
                              "the answer says \"" + quoted_remote_text(*name) + "\" twice");
        }
    }
    return out;
}

Result<Secret> read_authorization_response(const AuthorizationAttempt& attempt,
                                           const ResponseQuery& query) {
    if (!constant_time_equal(at(query, "state"), attempt.state)) {
        return make_error(Errc::forbidden,
                          "the answer's state is not the one that was sent: it belongs to another "
                          "attempt, or somebody made it up (start again)");
    }
    const std::string_view issuer = at(query, "iss");
    const std::string& expected = attempt.metadata.issuer;
    const bool missing = issuer.empty() && attempt.metadata.iss_in_response;
    if (missing || (!issuer.empty() && !expected.empty() && issuer != expected)) {
        return make_error(
            Errc::forbidden,
            "the answer is from " +
                (missing ? "an issuer that it doesn't name" : quoted_remote_text(issuer)) +
                " and not from " + expected + ": its code was not used (start again)");
    }
    if (const std::string_view error = at(query, "error"); !error.empty()) {
        const std::string_view more = at(query, "error_description");
        return make_error(Errc::unauthenticated,
                          attempt.id.provider + " answered " + quoted_remote_text(error) +
                              (more.empty() ? "" : " (" + quoted_remote_text(more) + ")"));
    }
    const std::string_view code = at(query, "code");
    if (code.empty())
        return make_error(Errc::protocol_error, "the answer has neither code nor error");
    return Secret(code);
}

}  // namespace kimbap::oauth
