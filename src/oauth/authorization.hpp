#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "oauth/connection.hpp"
#include "oauth/metadata.hpp"
#include "oauth/provider.hpp"

namespace kimbap::oauth {

/// One try to connect through a browser, from the authorization request to its answer.
struct AuthorizationAttempt {
    ConnectionId id;
    Metadata metadata;
    std::string client_id;
    std::vector<std::string> scopes;  ///< Asked for.
    std::string redirect_uri;
    /// 256 random bits: who doesn't know it can't end this attempt with an answer of their own
    /// (RFC 6749 section 10.12).
    std::string state;
    Secret verifier;    ///< RFC 7636: the code alone, if it leaks, is worth nothing.
    std::string nonce;  ///< OpenID Connect, where an id_token is asked for; else "".
    TimePoint started_at;
    std::string actor;  ///< Who connects, for the audit log.
};

/// Fills in what is random.
void draw_randomness(AuthorizationAttempt& attempt, const Provider& provider);

/// Where the browser is sent (RFC 6749 section 4.1.1, with PKCE S256).
[[nodiscard]] std::string authorization_url(const AuthorizationAttempt& attempt,
                                            const Provider& provider);

/// BASE64URL(SHA256(verifier)), RFC 7636 section 4.2.
[[nodiscard]] std::string code_challenge(std::string_view verifier);

using ResponseQuery = std::map<std::string, std::string, std::less<>>;

/// The parameters of an authorization response. Errors: invalid_argument for a malformed escape and
/// for a repeated parameter (RFC 6749 section 3.1), of which no two readers need take the same one.
[[nodiscard]] Result<ResponseQuery> parse_response_query(std::string_view query);

/// The code. Checked in this order: the state (constant time), the issuer (RFC 9207: an answer of
/// another server than the one that was asked is a mix-up attack), the provider's error. Errors:
/// forbidden for the first two, unauthenticated for the last, protocol_error where nothing is
/// there.
[[nodiscard]] Result<Secret> read_authorization_response(const AuthorizationAttempt& attempt,
                                                         const ResponseQuery& query);

}  // namespace kimbap::oauth
