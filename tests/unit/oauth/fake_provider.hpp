#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "async/worker_pool.hpp"
#include "net/address_guard.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "oauth/broker.hpp"
#include "oauth/connector.hpp"
#include "support/manual_clock.hpp"
#include "support/run_task.hpp"
#include "support/upstream.hpp"
#include "unit/store/open_store.hpp"
#include "vault/vault.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::oauth::test {

/// An authorization server that rotates refresh tokens strictly: one that comes a second time costs
/// the whole connection, as RFC 9700 section 4.14.2 wants. Thread-safe.
class FakeAuthorizationServer {
public:
    FakeAuthorizationServer();
    [[nodiscard]] std::string url() const { return upstream_.url(); }

    /// Answers the next requests to /token so instead.
    void next(std::vector<kimbap::test::Answer> answers);
    /// Has this called while a token request is being answered.
    void during(std::function<void()> act);
    int expires_in = 3600;

    [[nodiscard]] int refreshes() const { return refreshes_; }
    [[nodiscard]] bool family_revoked() const { return family_revoked_; }
    [[nodiscard]] std::vector<std::string> revoked() const;
    [[nodiscard]] std::string refresh_token() const;
    [[nodiscard]] std::vector<kimbap::test::Received> requests() const {
        return upstream_.requests();
    }

private:
    kimbap::test::Answer answer(const kimbap::test::Received& request);
    kimbap::test::Answer grant(const std::map<std::string, std::string>& form);
    kimbap::test::Answer tokens();

    mutable std::mutex mutex_;
    std::vector<kimbap::test::Answer> next_;
    std::function<void()> during_;
    std::string refresh_token_ = "refresh-0";
    std::vector<std::string> revoked_;
    std::atomic<int> refreshes_{0};
    std::atomic<bool> family_revoked_{false};
    int given_ = 0;
    kimbap::test::Upstream upstream_;
};

[[nodiscard]] std::map<std::string, std::string> form_of(const std::string& body);

/// A provider called "fake" at `url`.
[[nodiscard]] Provider fake_provider(const std::string& url);

class FixedProviders final : public ProviderSource {
public:
    explicit FixedProviders(Provider provider);
    [[nodiscard]] std::shared_ptr<const ProviderSet> providers() const override { return set_; }

private:
    std::shared_ptr<const ProviderSet> set_;
};

/// One process's share of kimbap, on a data folder that others may share.
struct Installation {
    Installation(const std::string& data, const Secret& vault_secret,
                 const std::string& provider_url, const Clock& clock_, BrokerOptions options = {},
                 const std::string& where = std::string(store::kEmbedded));

    Result<AccessToken> token(const std::string& origin = "https://api.fake.example");
    Result<AccessToken> replace(std::int64_t version);
    template <class T>
    T run(Task<T> task) {
        return kimbap::test::run_on(context, std::move(task));
    }
    /// Stores a connection "fake.default" with refresh-0, whose access token ends after `life`.
    void connect(std::chrono::seconds life);
    StoredConnection stored() { return connections.find_blocking({"fake"}).value(); }
    std::vector<std::string> audit_lines();

    std::unique_ptr<store::Store> store;
    const Clock& clock;
    asio::io_context context{1};  // outlives the workers, who resume coroutines on it
    async::WorkerPool workers{2};
    vault::Vault vault;
    std::vector<std::string> alarms;
    ConnectionStore connections;
    FixedProviders providers;
    BrokerOptions options;
    Broker broker;
    Connector connector;
    net::AddressGuard guard;
    net::HttpClient http{context, std::make_shared<net::ClientTls>(), guard};
};

}  // namespace kimbap::oauth::test
