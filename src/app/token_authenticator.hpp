#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/gateway.hpp"
#include "identity/identity.hpp"
#include "mcp/auth.hpp"

namespace kimbap::app {

/// The bearer token of a request (RFC 6750 section 2.1); "" where there is none.
[[nodiscard]] std::string_view bearer_of(const net::HttpRequest& request);

/// Whether a token could not be looked up, whatever it is: a 401 would have clients throw a good
/// one away. The reason is logged, and for nobody else.
[[nodiscard]] bool is_lookup_failure(const Error& error);

/// What is said then, with a 503.
inline constexpr std::string_view kTokensUnknown =
    "kimbap can't check tokens now: its store can't be used (try again)";

/// Recognises agents by their bearer tokens, and, where the configuration names one, the anonymous
/// agent on loopback. Operators' tokens are refused here.
class TokenAuthenticator final : public mcp::Authenticator {
public:
    /// `gateway` outlives it.
    explicit TokenAuthenticator(Gateway& gateway);

    Task<mcp::AuthOutcome> authenticate(const net::HttpRequest& request) override;
    Task<bool> still_valid(mcp::PrincipalPtr principal) override;

private:
    Gateway& gateway_;
    mcp::PrincipalPtr anonymous_;
};

}  // namespace kimbap::app
