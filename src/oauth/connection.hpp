#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "oauth/provider.hpp"

namespace kimbap::oauth {

inline constexpr std::string_view kDefaultConnection = "default";

/// Which connection: one provider serves several accounts under different names.
struct ConnectionId {
    std::string provider;
    std::string name{kDefaultConnection};

    /// "github.work": how people, the API and the log name it.
    [[nodiscard]] std::string text() const { return provider + "." + name; }
    bool operator==(const ConnectionId&) const = default;
};
/// Reads text(); a provider alone means its default connection. Errors: invalid_argument.
[[nodiscard]] Result<ConnectionId> parse_connection_id(std::string_view text);

enum class ConnectionState : std::uint8_t {
    active,
    reauth_needed,  ///< The provider won't renew it: an operator has to connect again.
};
[[nodiscard]] std::string_view name(ConnectionState state) noexcept;

/// What may be shown of a connection. No secret.
struct Connection {
    ConnectionId id;
    Flow flow = Flow::authorization_code;
    ConnectionState state = ConnectionState::active;
    std::string reason;   ///< Why reauth_needed.
    std::string account;  ///< Whose it is, where the provider said.
    std::string issuer;
    /// Where its refresh token may go: the endpoint that gave it. A provider file that names
    /// another later must not get it.
    std::string token_endpoint;
    std::string revocation_endpoint;
    std::string client_id;
    std::vector<std::string> scopes;  ///< Granted, as far as the provider said.
    TimePoint connected_at;
    TimePoint obtained_at;                ///< Of the access token; when it was asked for.
    std::optional<TimePoint> expires_at;  ///< None: the provider named no end.
    bool refreshable = false;             ///< Has a refresh token, or renews by client credentials.
};

/// What the vault keeps of one.
struct ConnectionRecord {
    Connection connection;
    Secret access_token;
    Secret refresh_token;  ///< Empty where there is none.
};

/// The plaintext of a vault record: lines of "key value", read without copying a token anywhere but
/// into a Secret. Errors: invalid_argument for a token with control characters.
[[nodiscard]] Result<Secret> encode(const ConnectionRecord& record);
/// Errors: corrupt.
[[nodiscard]] Result<ConnectionRecord> decode(std::string_view plain);

/// As `kimbap auth status --json` and /v1/connections show it.
[[nodiscard]] boost::json::object to_json(const Connection& connection, TimePoint now);

}  // namespace kimbap::oauth
