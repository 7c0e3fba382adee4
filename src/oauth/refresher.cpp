#include "oauth/refresher.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/worker_pool.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "oauth/token_endpoint.hpp"
#include "vault/vault.hpp"

namespace kimbap::oauth {

namespace {

/// What the provider rotated is nowhere else: a database that restarts is waited for, and so are
/// queues that are full.
constexpr int kStoreTries = 8;
constexpr std::chrono::seconds kStorePause{1};

std::string reconnect(const ConnectionId& id) {
    return "`kimbap auth connect " + id.provider +
           (id.name == kDefaultConnection ? "" : " --name " + id.name) + "`";
}

}  // namespace

bool same_authority(const Provider& provider, std::string_view issuer,
                    std::string_view token_endpoint) {
    return provider.discovered ? provider.issuer == issuer
                               : provider.endpoints.token == token_endpoint;
}

Result<void> check_client(const Client& client, const Connection& connection) {
    const bool same = connection.client_id.empty() || client.id == connection.client_id;
    if (same || connection.flow == Flow::client_credentials) return {};
    return make_error(Errc::conflict, "the client id is another than when the OAuth connection " +
                                          connection.id.text() +
                                          " was made: put it back, or connect again with " +
                                          reconnect(connection.id));
}

Error reauth_needed(const Connection& connection) {
    return make_error(Errc::unauthenticated, "the OAuth connection " + connection.id.text() +
                                                 " has ended (" + connection.reason +
                                                 "): an operator has to connect again with " +
                                                 reconnect(connection.id));
}

void adopt(ConnectionRecord& record, Tokens tokens, TimePoint asked_at) {
    Connection& connection = record.connection;
    record.access_token = std::move(tokens.access_token);
    if (!tokens.refresh_token.empty()) record.refresh_token = std::move(tokens.refresh_token);
    connection.obtained_at = asked_at;
    connection.expires_at.reset();
    if (tokens.expires_in) connection.expires_at = asked_at + *tokens.expires_in;
    if (tokens.scopes && !tokens.scopes->empty()) connection.scopes = std::move(*tokens.scopes);
    if (!tokens.account.empty()) connection.account = std::move(tokens.account);
    connection.state = ConnectionState::active;
    connection.reason.clear();
    connection.refreshable =
        !record.refresh_token.empty() || connection.flow == Flow::client_credentials;
}

Task<Result<void>> Refresher::refresh(ConnectionId id, std::int64_t version,
                                      net::HttpClient& http) {
    const auto deadline = std::chrono::steady_clock::now() + options_.lock_timeout;
    auto locking = connections_.lock(id, workers_, deadline);
    const auto lock = co_await std::move(locking);
    if (!lock) co_return lock.error();
    // Another process may have been first: then this one is done.
    auto finding = connections_.find(id, workers_);
    auto known = co_await std::move(finding);
    if (!known) co_return known.error();
    if (known->version != version) co_return Result<void>();
    const Connection& connection = known->record.connection;
    if (connection.state == ConnectionState::reauth_needed) co_return reauth_needed(connection);
    if (!connection.refreshable) {
        co_return make_error(Errc::unauthenticated,
                             "the access token of the OAuth connection " + id.text() +
                                 " is over and the provider gave nothing to renew it with: an "
                                 "operator has to connect again with " +
                                 reconnect(id));
    }
    const auto providers = providers_.providers();
    const Provider* provider = providers->find(id.provider);
    if (provider == nullptr) {
        co_return make_error(Errc::not_found, "no OAuth provider is called " + id.provider);
    }
    if (!same_authority(*provider, connection.issuer, connection.token_endpoint)) {
        co_return make_error(Errc::forbidden,
                             "the provider " + id.provider +
                                 " has another token endpoint than when the connection " +
                                 id.text() +
                                 " was made, which won't get its refresh token: an operator has to "
                                 "connect again with " +
                                 reconnect(id));
    }
    auto renewing = renew(*provider, std::move(*known), http);
    co_return co_await std::move(renewing);
}

Task<Result<void>> Refresher::renew(const Provider& provider, StoredConnection known,
                                    net::HttpClient& http) {
    auto loading = load_client(provider, vault_, workers_);
    const auto client = co_await std::move(loading);
    if (!client) co_return client.error();
    ConnectionRecord& record = known.record;
    const Result<void> checked = check_client(*client, record.connection);
    if (!checked) co_return checked.error();
    const std::string scope = join(record.connection.scopes, provider.scope_separator);
    Parameters parameters;
    if (record.connection.flow == Flow::client_credentials) {
        parameters.emplace_back("grant_type", "client_credentials");
        if (!scope.empty()) parameters.emplace_back("scope", scope);
    } else {
        parameters.emplace_back("grant_type", "refresh_token");
        parameters.emplace_back("refresh_token", record.refresh_token.reveal());
    }
    const TimePoint asked_at = clock_.now();
    auto asking =
        ask_for_tokens(provider, *client, record.connection.token_endpoint, parameters, http);
    TokenAnswer answer = co_await std::move(asking);
    if (answer.tokens) {
        adopt(record, std::move(*answer.tokens), asked_at);
        auto storing = store(std::move(record), known.version, "refreshed");
        co_return co_await std::move(storing);
    }
    if (answer.refusal != Refusal::invalid_grant) {
        // The connection isn't over, as `unauthenticated` would say: the old token serves on.
        if (answer.error.code == Errc::unauthenticated) answer.error.code = Errc::protocol_error;
        co_return answer.error;
    }
    record.connection.state = ConnectionState::reauth_needed;
    record.connection.reason = answer.error.message;
    const Error over = reauth_needed(record.connection);
    const ConnectionId id = record.connection.id;
    auto storing = store(std::move(record), known.version, "reauth_needed");
    const Result<void> stored = co_await std::move(storing);
    if (!stored) co_return stored;
    log::error("an OAuth connection needs an operator",
               {{"connection", id.text()}, {"error", over.message}});
    co_return over;
}

Task<Result<void>> Refresher::store(ConnectionRecord record, std::int64_t version,
                                    std::string change) {
    const auto shared = std::make_shared<ConnectionRecord>(std::move(record));
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (int tries = 1;; ++tries) {
        auto storing = workers_.run([this, shared, version, change]() -> Result<void> {
            const auto put = connections_.put(*shared, version, change, "kimbap");
            if (!put) return put.error();
            return {};
        });
        Result<void> stored = co_await std::move(storing);
        if (stored) co_return stored;
        const Errc code = stored.error().code;
        // Nobody else may write while this holds the connection: an earlier try came through after
        // all.
        if (code == Errc::conflict && tries > 1) co_return Result<void>{};
        const bool passing = code == Errc::storage_failure || code == Errc::unavailable;
        if (!passing || tries == kStoreTries) co_return stored;
        timer.expires_after(kStorePause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace kimbap::oauth
