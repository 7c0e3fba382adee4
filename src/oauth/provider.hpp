#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// An OAuth provider as data: one file of `manifests/providers`. Made by the loader, immutable
/// after.
namespace kimbap::oauth {

/// How a connection is made, and, for client credentials, renewed.
enum class Flow : std::uint8_t {
    authorization_code,  ///< RFC 6749 section 4.1, with PKCE (RFC 7636) through a browser.
    device,              ///< RFC 8628
    client_credentials,  ///< RFC 6749 section 4.4
};
[[nodiscard]] std::string_view name(Flow flow) noexcept;

/// How the client shows the token endpoint who it is (RFC 6749 section 2.3.1; RFC 7591 names).
enum class ClientAuthentication : std::uint8_t {
    client_secret_basic,
    client_secret_post,
    none,  ///< A public client: PKCE alone protects the code.
};

/// How the token endpoint wants its parameters.
enum class TokenRequestFormat : std::uint8_t { form, json };

/// How a token is taken back.
enum class RevocationStyle : std::uint8_t {
    rfc7009,  ///< POST token=…, as the client.
    json,     ///< The same in a JSON body.
    bearer,   ///< POST with the token itself as the bearer.
    github,   ///< DELETE with {"access_token": …}, as the client; {client_id} stands in the URL.
};

struct Endpoints {
    std::string authorization;
    std::string token;
    std::string device_authorization;
    std::string revocation;
};

/// Where the browser comes back to `kimbap auth connect` (RFC 8252 section 7.3).
struct Loopback {
    bool allowed = true;  ///< False: the provider takes https only, so the server's callback.
    std::string host = "127.0.0.1";  ///< Or localhost, or [::1].
    std::uint16_t port = 0;          ///< 0: any free one, which RFC 8252 asks providers to allow.
    std::string path = "/callback";
};

struct Provider {
    std::string name;
    std::string description;
    std::string file;    ///< Where it was declared; "" for one that the binary carries.
    std::string issuer;  ///< RFC 9207, OpenID Connect; "" where the provider has none.
    /// The endpoints come from the issuer's metadata (OpenID Connect Discovery, RFC 8414).
    bool discovered = false;
    Endpoints endpoints;
    std::vector<Flow> flows;
    ClientAuthentication authentication = ClientAuthentication::client_secret_basic;
    std::string client_id;          ///< Written out; "" where it is in the vault.
    std::string client_id_ref;      ///< Vault name.
    std::string client_secret_ref;  ///< Vault name, always under "oauth/".
    std::vector<std::string> scopes;
    std::vector<std::string> origins;  ///< Globs; "" of them: wherever a manifest says.
    Loopback loopback;
    std::vector<std::pair<std::string, std::string>> authorization_parameters;

    // Quirks: where a provider strays from the standards.
    std::string scope_separator = " ";
    bool pkce = true;
    TokenRequestFormat token_request = TokenRequestFormat::form;
    std::vector<std::pair<std::string, std::string>> token_headers;
    std::string token_path;    ///< Where in the answer the tokens are ("authed_user"); "": on top.
    std::string account_path;  ///< Where in the answer the account's name is ("team.name").
    bool any_token_type = false;
    std::vector<std::string> permanent_errors;  ///< Other names of invalid_grant.
    RevocationStyle revocation = RevocationStyle::rfc7009;

    [[nodiscard]] bool offers(Flow flow) const noexcept;
    /// Whether an access token may go to this origin (scheme://host[:port]).
    [[nodiscard]] bool admits(std::string_view origin) const noexcept;
};

/// Vault names of client secrets. No manifest may name one as its credential: they go to their
/// provider's token endpoint alone.
inline constexpr std::string_view kVaultPrefix = "oauth/";

/// Names of providers and connections: [a-z][a-z0-9-]*, at most 40 characters.
[[nodiscard]] bool is_connection_word(std::string_view text) noexcept;

}  // namespace kimbap::oauth
