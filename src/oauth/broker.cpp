#include "oauth/broker.hpp"

#include <mutex>
#include <random>
#include <unordered_map>

#include "async/flights.hpp"
#include "async/worker_pool.hpp"
#include "base/log.hpp"
#include "oauth/refresher.hpp"

namespace kimbap::oauth {

namespace {

using Steady = std::chrono::steady_clock;

/// The refreshes under way in this process, one a connection.
using Flight = async::Flight<Result<void>>;
using Flights = async::Flights<Result<void>>;

/// What went wrong lately with a connection, so that not every call has to find out by itself.
struct Recent {
    Error failure;
    Steady::time_point failed_until{};
    Steady::time_point no_rejection_until{};
    std::int64_t rejected_version = 0;  ///< The last to be renewed because a service refused it.
};

}  // namespace

class Broker::Core {
public:
    Core(const ProviderSource& providers, ConnectionStore& connections, const vault::Vault& vault,
         async::WorkerPool& workers, const Clock& clock, BrokerOptions options)
        : options_(std::move(options)),
          providers_(providers),
          connections_(connections),
          workers_(workers),
          clock_(clock),
          refresher_(providers, connections, vault, workers, clock, options_),
          seed_(std::random_device{}()) {}

    [[nodiscard]] Result<void> check_origin(const ConnectionId& id, std::string_view origin) const {
        const auto providers = providers_.providers();
        const Provider* provider = providers->find(id.provider);
        if (provider == nullptr) {
            return make_error(Errc::not_found,
                              "no OAuth provider is called " + id.provider +
                                  " (declare it in a providers folder beside the manifests)");
        }
        if (provider->admits(origin)) return {};
        return make_error(Errc::forbidden, "tokens of the provider " + id.provider +
                                               " don't go to " + std::string(origin) +
                                               " (its file lists the origins that they may go to)");
    }

    Task<Result<StoredConnection>> look(ConnectionId id) {
        if (auto known = connections_.try_find(id)) co_return std::move(*known);
        auto finding = connections_.find(id, workers_);
        co_return co_await std::move(finding);
    }

    [[nodiscard]] Freshness freshness_of(const StoredConnection& known) const {
        std::minstd_rand generator(
            static_cast<unsigned>(seed_ + static_cast<std::uint64_t>(known.version)));
        generator.discard(1);
        const double draw = std::uniform_real_distribution<double>(0.0, 1.0)(generator);
        return freshness(known.record.connection, clock_.now(), draw, options_.renewal);
    }

    /// One refresh for all who ask, whose outcome they share.
    Task<Result<void>> refresh(ConnectionId id, std::int64_t version, net::HttpClient& http) {
        const std::string key = id.text();
        if (auto failed = recent_failure(key)) co_return *failed;
        Flights::Joined joined = flights_.join(key);
        if (!joined.first) {
            auto waiting = Flight::landing(std::move(joined.flight));
            co_return co_await std::move(waiting);
        }
        Result<void> outcome = make_error(Errc::internal, "the refresh was given up");
        try {
            auto refreshing = refresher_.refresh(id, version, http);
            outcome = co_await std::move(refreshing);
        } catch (const std::exception& error) {
            log::error("an OAuth refresh failed", {{"connection", key}, {"error", error.what()}});
        }
        if (!outcome) remember_failure(key, outcome.error());
        flights_.land(key, outcome);
        co_return outcome;
    }

    /// Whether the token of that version may be renewed now because a service refused it; then not
    /// another soon.
    bool take_rejection(const std::string& key, std::int64_t version) {
        const std::lock_guard lock(mutex_);
        Recent& recent = recent_[key];
        const auto now = Steady::now();
        // Many calls at once are refused the same one: they share what becomes of it.
        if (recent.rejected_version == version) return true;
        if (now < recent.no_rejection_until) return false;
        recent.rejected_version = version;
        recent.no_rejection_until = now + options_.pause_after_rejection;
        return true;
    }

    static Result<AccessToken> give(const StoredConnection& known) {
        return AccessToken{known.record.access_token.clone(), known.version};
    }

private:
    std::optional<Error> recent_failure(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const auto found = recent_.find(key);
        if (found == recent_.end() || Steady::now() >= found->second.failed_until)
            return std::nullopt;
        return found->second.failure;
    }

    void remember_failure(const std::string& key, const Error& error) {
        if (error.code == Errc::unauthenticated || error.code == Errc::not_found) return;
        log::warn("an OAuth token could not be refreshed for now",
                  {{"connection", key}, {"error", error.message}});
        const std::lock_guard lock(mutex_);
        Recent& recent = recent_[key];
        recent.failure = error;
        recent.failed_until = Steady::now() + options_.pause_after_failure;
    }

    const BrokerOptions options_;
    const ProviderSource& providers_;
    ConnectionStore& connections_;
    async::WorkerPool& workers_;
    const Clock& clock_;
    Refresher refresher_;
    Flights flights_;
    std::uint64_t seed_;
    std::mutex mutex_;
    std::unordered_map<std::string, Recent> recent_;  ///< As many as there are connections.
};

Broker::Broker(const ProviderSource& providers, ConnectionStore& connections,
               const vault::Vault& vault, async::WorkerPool& workers, const Clock& clock,
               BrokerOptions options)
    : core_(std::make_unique<Core>(providers, connections, vault, workers, clock,
                                   std::move(options))) {}
Broker::~Broker() = default;

Task<Result<AccessToken>> Broker::token(ConnectionId id, std::string origin,
                                        net::HttpClient& http) {
    const Result<void> admitted = core_->check_origin(id, origin);
    if (!admitted) co_return admitted.error();
    auto looking = core_->look(id);
    auto known = co_await std::move(looking);
    if (!known) co_return known.error();
    if (known->record.connection.state == ConnectionState::reauth_needed) {
        co_return reauth_needed(known->record.connection);
    }
    const Freshness before = core_->freshness_of(*known);
    const bool can_renew = known->record.connection.refreshable;
    if (before == Freshness::fresh || (before == Freshness::due && !can_renew)) {
        co_return Core::give(*known);
    }
    auto refreshing = core_->refresh(id, known->version, http);
    const Result<void> refreshed = co_await std::move(refreshing);
    if (!refreshed) {
        // What is not over yet still serves while its provider is away.
        const bool for_now = refreshed.error().code != Errc::unauthenticated;
        if (for_now && core_->freshness_of(*known) != Freshness::expired)
            co_return Core::give(*known);
        co_return refreshed.error();
    }
    auto again = core_->look(id);
    const auto renewed = co_await std::move(again);
    if (!renewed) co_return renewed.error();
    if (renewed->record.connection.state == ConnectionState::reauth_needed) {
        co_return reauth_needed(renewed->record.connection);
    }
    co_return Core::give(*renewed);
}

Task<Result<AccessToken>> Broker::replace(ConnectionId id, std::int64_t rejected_version,
                                          net::HttpClient& http) {
    auto looking = core_->look(id);
    auto known = co_await std::move(looking);
    if (!known) co_return known.error();
    if (known->version == rejected_version) {
        const Connection& connection = known->record.connection;
        if (!connection.refreshable) {
            co_return make_error(Errc::unauthenticated,
                                 "the OAuth connection " + id.text() + " can't be renewed");
        }
        if (!core_->take_rejection(id.text(), rejected_version)) {
            co_return make_error(Errc::unavailable,
                                 "the OAuth connection " + id.text() + " was renewed just before");
        }
        auto refreshing = core_->refresh(id, rejected_version, http);
        const Result<void> refreshed = co_await std::move(refreshing);
        if (!refreshed) co_return refreshed.error();
        auto again = core_->look(id);
        known = co_await std::move(again);
        if (!known) co_return known.error();
    }
    if (known->record.connection.state == ConnectionState::reauth_needed) {
        co_return reauth_needed(known->record.connection);
    }
    co_return Core::give(*known);
}

}  // namespace kimbap::oauth
