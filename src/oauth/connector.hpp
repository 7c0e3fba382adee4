#pragma once

#include <string>
#include <vector>

#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "oauth/authorization.hpp"
#include "oauth/broker.hpp"
#include "oauth/connection_store.hpp"
#include "oauth/device_endpoint.hpp"

namespace kimbap::oauth {

/// Which connection is to be made, and by whom.
struct ConnectionWish {
    ConnectionId id;
    std::vector<std::string> scopes;
    std::string actor;
};

/// A device flow that waits for somebody to enter its code (RFC 8628).
struct DeviceAttempt {
    ConnectionWish wish;
    Metadata metadata;
    DeviceAuthorization device;
    std::chrono::steady_clock::time_point give_up;
};

enum class RevocationOutcome {
    revoked,    ///< At the provider too.
    forgotten,  ///< Here alone: the provider has no revocation endpoint, or it wasn't asked.
};

/// Makes and ends connections. What it stores replaces a connection of the same name. Thread-safe;
/// `http` is always the awaiting thread's.
class Connector {
public:
    /// All outlive it.
    Connector(const ProviderSource& providers, ConnectionStore& connections,
              const vault::Vault& vault, async::WorkerPool& workers, const Clock& clock,
              BrokerOptions options);

    /// Authorization code: send a browser to authorization_url() of what this gives. Errors:
    /// not_found (provider, client id or secret), unsupported (the provider has no such flow),
    /// those of the metadata.
    Task<Result<AuthorizationAttempt>> start(ConnectionWish wish, std::string redirect_uri,
                                             net::HttpClient& http);
    /// Its answer came. Errors: read_authorization_response()'s, the token endpoint's, the vault's.
    Task<Result<Connection>> finish(AuthorizationAttempt attempt, ResponseQuery query,
                                    net::HttpClient& http);

    /// Device authorization. Errors: as start().
    Task<Result<DeviceAttempt>> start_device(ConnectionWish wish, net::HttpClient& http);
    /// Polls until somebody decided. Errors: unauthenticated (denied), timed_out, cancelled.
    Task<Result<Connection>> finish_device(DeviceAttempt attempt, async::CancelToken cancel,
                                           net::HttpClient& http);

    /// Client credentials: kimbap itself is the account.
    Task<Result<Connection>> connect_as_client(ConnectionWish wish, net::HttpClient& http);

    /// Takes the tokens back at the provider (RFC 7009) and forgets them. Where the provider can't
    /// be reached they are kept, so that it can be tried again; with `here_only` it isn't asked.
    /// Errors: not_found, the endpoint's.
    Task<Result<RevocationOutcome>> revoke(ConnectionId id, std::string actor, bool here_only,
                                           net::HttpClient& http);

private:
    Task<Result<Connection>> keep(ConnectionRecord record, std::string actor);
    Task<Result<void>> revoke_at_provider(const Provider& provider, const ConnectionRecord& record,
                                          net::HttpClient& http);
    Result<const Provider*> provider_for(const ConnectionId& id, Flow flow,
                                         std::shared_ptr<const ProviderSet>& held) const;

    const ProviderSource& providers_;
    ConnectionStore& connections_;
    const vault::Vault& vault_;
    async::WorkerPool& workers_;
    const Clock& clock_;
    const BrokerOptions options_;
};

}  // namespace kimbap::oauth
