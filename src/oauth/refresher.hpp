#pragma once

#include "async/task.hpp"
#include "oauth/broker.hpp"
#include "oauth/client.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::oauth {

/// Puts what a provider granted into a connection: the new tokens, the old refresh token where no
/// new one came, the dates counted from `asked_at`.
void adopt(ConnectionRecord& record, Tokens tokens, TimePoint asked_at);

/// One refresh, under the connection's lock: reads the record again, asks the token endpoint,
/// stores what came. The record is not touched unless the provider answered.
class Refresher {
public:
    /// All outlive it.
    Refresher(const ProviderSource& providers, ConnectionStore& connections,
              const vault::Vault& vault, async::WorkerPool& workers, const Clock& clock,
              const BrokerOptions& options)
        : providers_(providers),
          connections_(connections),
          vault_(vault),
          workers_(workers),
          clock_(clock),
          options_(options) {}

    /// Nothing is done where the connection's version is no longer `version`. Errors: as
    /// Broker::token.
    Task<Result<void>> refresh(ConnectionId id, std::int64_t version, net::HttpClient& http);

private:
    Task<Result<void>> renew(const Provider& provider, StoredConnection known,
                             net::HttpClient& http);
    Task<Result<void>> store(ConnectionRecord record, std::int64_t version, std::string change);

    const ProviderSource& providers_;
    ConnectionStore& connections_;
    const vault::Vault& vault_;
    async::WorkerPool& workers_;
    const Clock& clock_;
    const BrokerOptions& options_;
};

/// Whether the provider is still the one that a connection, or the attempt at one, began with:
/// tokens, and the client's secret, go nowhere else.
[[nodiscard]] bool same_authority(const Provider& provider, std::string_view issuer,
                                  std::string_view token_endpoint);
/// A refresh token is its client's alone (RFC 6749 section 6): presented by another it counts as
/// spent. Errors: conflict, with the mend.
[[nodiscard]] Result<void> check_client(const Client& client, const Connection& connection);

/// What tells a call and an operator that a connection is over, and the mend.
[[nodiscard]] Error reauth_needed(const Connection& connection);

}  // namespace kimbap::oauth
