#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::oauth {

struct IdTokenExpectation {
    std::string issuer;  ///< "" where the provider has none that is fixed.
    std::string client_id;
    std::string nonce;
    TimePoint now;
};

/// The account that an id_token names (email, preferred_username or sub). It came over TLS from the
/// token endpoint itself, which stands in for checking its signature (OpenID Connect Core 3.1.3.7
/// item 6); its issuer, audience, nonce and end are checked, so that no token of another login can
/// be put in its place. Errors: forbidden, saying which; protocol_error where it is not a JWT.
[[nodiscard]] Result<std::string> account_of(std::string_view id_token,
                                             const IdTokenExpectation& expected);

}  // namespace kimbap::oauth
