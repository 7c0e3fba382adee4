#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "oauth/connection_store.hpp"
#include "oauth/provider_set.hpp"
#include "oauth/renewal.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::oauth {

struct BrokerOptions {
    RenewalOptions renewal;
    std::chrono::milliseconds lock_timeout{60'000};
    /// After a refresh that failed for now, calls fail at once for this long.
    std::chrono::milliseconds pause_after_failure{5'000};
    /// A service that refuses every token can't make this process spend refresh tokens faster.
    std::chrono::milliseconds pause_after_rejection{30'000};
};

/// The access token for one call.
struct AccessToken {
    Secret value;
    std::int64_t version = 0;  ///< Of the connection: what a rejection is about.
};

/// Gives calls the access tokens of connections and keeps those fresh (contract section 9): before
/// they end, and after a service refused one. However many calls, threads and processes ask, one of
/// them refreshes. A new refresh token is durable before the access token that came with it is
/// used. Refresh tokens go to the endpoint that gave them, and nowhere else. Thread-safe.
class Broker {
public:
    /// All outlive the broker.
    Broker(const ProviderSource& providers, ConnectionStore& connections, const vault::Vault& vault,
           async::WorkerPool& workers, const Clock& clock, BrokerOptions options);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    /// The access token, for a request to `origin` (scheme://host[:port]); refreshed on `http`,
    /// which is the awaiting thread's, where it is due. A refresh goes on though the call is
    /// withdrawn: what the provider rotated must be stored. Errors: not_found (no such provider or
    /// connection, saying how to make it); forbidden (not to this origin); unauthenticated
    /// (reauth_needed, or over and not renewable); unavailable (for now); invalid_config (the
    /// client's secret); the vault's.
    [[nodiscard]] Task<Result<AccessToken>> token(ConnectionId id, std::string origin,
                                                  net::HttpClient& http);

    /// After a service refused the access token of `rejected_version` with a 401: a newer one, from
    /// whoever refreshed meanwhile or by refreshing now. Errors: as token(); unavailable where
    /// there was a refresh for that reason just before.
    [[nodiscard]] Task<Result<AccessToken>> replace(ConnectionId id, std::int64_t rejected_version,
                                                    net::HttpClient& http);

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace kimbap::oauth
