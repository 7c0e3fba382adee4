#include "oauth/connector.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/worker_pool.hpp"
#include "base/text.hpp"
#include "oauth/id_token.hpp"
#include "oauth/refresher.hpp"
#include "oauth/revocation.hpp"
#include "oauth/token_endpoint.hpp"
#include "vault/vault.hpp"

namespace kimbap::oauth {

namespace {

constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/// A connection with what the provider granted, or why it can't be used.
Result<ConnectionRecord> new_record(ConnectionId id, Flow flow, const Metadata& metadata,
                                    std::string client_id, std::vector<std::string> asked_scopes,
                                    Tokens tokens, const std::string& nonce, TimePoint asked_at) {
    ConnectionRecord out;
    Connection& connection = out.connection;
    connection.id = std::move(id);
    connection.flow = flow;
    connection.issuer = metadata.issuer;
    connection.token_endpoint = metadata.endpoints.token;
    connection.revocation_endpoint = metadata.endpoints.revocation;
    connection.client_id = std::move(client_id);
    connection.scopes = std::move(asked_scopes);
    connection.connected_at = asked_at;
    if (!tokens.id_token.empty()) {
        auto account = account_of(tokens.id_token.reveal(),
                                  {metadata.issuer, connection.client_id, nonce, asked_at});
        if (!account) return account.error();
        connection.account = std::move(*account);
    } else if (!nonce.empty()) {
        return make_error(Errc::protocol_error,
                          "the answer has no id_token though openid was asked for");
    }
    adopt(out, std::move(tokens), asked_at);
    return out;
}

Task<void> pause(std::chrono::milliseconds wait, const async::CancelToken& cancel) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, wait);
    const auto registration = cancel.on_cancel([&timer] { timer.cancel(); });
    const auto token = asio::as_tuple(asio::use_awaitable);
    co_await timer.async_wait(token);
}

}  // namespace

Connector::Connector(const ProviderSource& providers, ConnectionStore& connections,
                     const vault::Vault& vault, async::WorkerPool& workers, const Clock& clock,
                     BrokerOptions options)
    : providers_(providers),
      connections_(connections),
      vault_(vault),
      workers_(workers),
      clock_(clock),
      options_(std::move(options)) {}

Result<const Provider*> Connector::provider_for(const ConnectionId& id, Flow flow,
                                                std::shared_ptr<const ProviderSet>& held) const {
    held = providers_.providers();
    const Provider* provider = held->find(id.provider);
    if (provider == nullptr) {
        std::string known;
        for (const Provider& one : held->all()) known += (known.empty() ? "" : ", ") + one.name;
        return make_error(Errc::not_found, "no OAuth provider is called \"" + id.provider +
                                               "\" (there are " + known + ")");
    }
    if (provider->offers(flow)) return provider;
    std::string offered;
    for (const Flow one : provider->flows) {
        offered += (offered.empty() ? "" : ", ") + std::string(oauth::name(one));
    }
    return make_error(Errc::unsupported, provider->name + " has no " +
                                             std::string(oauth::name(flow)) + " flow (it has " +
                                             offered + ")");
}

Task<Result<AuthorizationAttempt>> Connector::start(ConnectionWish wish, std::string redirect_uri,
                                                    net::HttpClient& http) {
    std::shared_ptr<const ProviderSet> held;
    const auto provider = provider_for(wish.id, Flow::authorization_code, held);
    if (!provider) co_return provider.error();
    auto loading = load_client(**provider, vault_, workers_);
    auto client = co_await std::move(loading);
    if (!client) co_return client.error();
    auto asking = fetch_metadata(**provider, http);
    auto metadata = co_await std::move(asking);
    if (!metadata) co_return metadata.error();
    if (metadata->endpoints.authorization.empty()) {
        co_return make_error(Errc::unsupported,
                             wish.id.provider + "'s metadata names no authorization_endpoint");
    }
    AuthorizationAttempt out;
    out.id = std::move(wish.id);
    out.metadata = std::move(*metadata);
    out.client_id = std::move(client->id);
    out.scopes = std::move(wish.scopes);
    out.redirect_uri = std::move(redirect_uri);
    out.started_at = clock_.now();
    out.actor = std::move(wish.actor);
    draw_randomness(out, **provider);
    co_return out;
}

Task<Result<Connection>> Connector::finish(AuthorizationAttempt attempt, ResponseQuery query,
                                           net::HttpClient& http) {
    const auto code = read_authorization_response(attempt, query);
    if (!code) co_return code.error();
    std::shared_ptr<const ProviderSet> held;
    const auto provider = provider_for(attempt.id, Flow::authorization_code, held);
    if (!provider) co_return provider.error();
    auto loading = load_client(**provider, vault_, workers_);
    const auto client = co_await std::move(loading);
    if (!client) co_return client.error();
    // The secret is the one of now, and the endpoint the one that the attempt began with.
    const Metadata& begun = attempt.metadata;
    if (!same_authority(**provider, begun.issuer, begun.endpoints.token) ||
        client->id != attempt.client_id) {
        co_return make_error(Errc::conflict, "the provider " + attempt.id.provider +
                                                 " was changed meanwhile (start again)");
    }
    Parameters parameters{{"grant_type", "authorization_code"},
                          {"code", code->reveal()},
                          {"redirect_uri", attempt.redirect_uri}};
    if (!attempt.verifier.empty()) {
        parameters.emplace_back("code_verifier", attempt.verifier.reveal());
    }
    const TimePoint asked_at = clock_.now();
    auto asking =
        ask_for_tokens(**provider, *client, attempt.metadata.endpoints.token, parameters, http);
    TokenAnswer answer = co_await std::move(asking);
    if (!answer.tokens) co_return answer.error;
    auto record =
        new_record(attempt.id, Flow::authorization_code, attempt.metadata, attempt.client_id,
                   attempt.scopes, std::move(*answer.tokens), attempt.nonce, asked_at);
    if (!record) co_return record.error();
    auto keeping = keep(std::move(*record), attempt.actor);
    co_return co_await std::move(keeping);
}

Task<Result<DeviceAttempt>> Connector::start_device(ConnectionWish wish, net::HttpClient& http) {
    std::shared_ptr<const ProviderSet> held;
    const auto provider = provider_for(wish.id, Flow::device, held);
    if (!provider) co_return provider.error();
    auto loading = load_client(**provider, vault_, workers_);
    const auto client = co_await std::move(loading);
    if (!client) co_return client.error();
    auto fetching = fetch_metadata(**provider, http);
    auto metadata = co_await std::move(fetching);
    if (!metadata) co_return metadata.error();
    if (metadata->endpoints.device_authorization.empty()) {
        co_return make_error(Errc::unsupported, wish.id.provider +
                                                    "'s metadata names no "
                                                    "device_authorization_endpoint");
    }
    const std::string scope = join(wish.scopes, (*provider)->scope_separator);
    auto asking = ask_for_device_code(**provider, *client, metadata->endpoints.device_authorization,
                                      scope, http);
    auto device = co_await std::move(asking);
    if (!device) co_return device.error();
    const auto give_up = std::chrono::steady_clock::now() + device->expires_in;
    co_return DeviceAttempt{std::move(wish), std::move(*metadata), std::move(*device), give_up};
}

Task<Result<Connection>> Connector::finish_device(DeviceAttempt attempt, async::CancelToken cancel,
                                                  net::HttpClient& http) {
    std::shared_ptr<const ProviderSet> held;
    const auto provider = provider_for(attempt.wish.id, Flow::device, held);
    if (!provider) co_return provider.error();
    auto loading = load_client(**provider, vault_, workers_);
    const auto client = co_await std::move(loading);
    if (!client) co_return client.error();
    std::chrono::seconds interval = attempt.device.interval;
    for (;;) {
        auto waiting = pause(interval, cancel);
        co_await std::move(waiting);
        if (cancel.cancelled()) co_return make_error(Errc::cancelled, "the attempt was given up");
        if (std::chrono::steady_clock::now() > attempt.give_up) {
            co_return make_error(Errc::timed_out, "nobody entered the code in time (start again)");
        }
        const Parameters parameters{{"grant_type", kDeviceGrant},
                                    {"device_code", attempt.device.device_code.reveal()}};
        const TimePoint asked_at = clock_.now();
        auto asking =
            ask_for_tokens(**provider, *client, attempt.metadata.endpoints.token, parameters, http);
        TokenAnswer answer = co_await std::move(asking);
        if (answer.tokens) {
            auto record = new_record(attempt.wish.id, Flow::device, attempt.metadata, client->id,
                                     attempt.wish.scopes, std::move(*answer.tokens), "", asked_at);
            if (!record) co_return record.error();
            auto keeping = keep(std::move(*record), attempt.wish.actor);
            co_return co_await std::move(keeping);
        }
        // RFC 8628 section 3.5: slower from now on; a request that got lost counts so too.
        if (answer.refusal == Refusal::slow_down || answer.refusal == Refusal::temporary) {
            interval += std::chrono::seconds{5};
        } else if (answer.refusal != Refusal::pending) {
            co_return answer.error;
        }
    }
}

Task<Result<Connection>> Connector::connect_as_client(ConnectionWish wish, net::HttpClient& http) {
    std::shared_ptr<const ProviderSet> held;
    const auto provider = provider_for(wish.id, Flow::client_credentials, held);
    if (!provider) co_return provider.error();
    auto loading = load_client(**provider, vault_, workers_);
    const auto client = co_await std::move(loading);
    if (!client) co_return client.error();
    auto fetching = fetch_metadata(**provider, http);
    const auto metadata = co_await std::move(fetching);
    if (!metadata) co_return metadata.error();
    const std::string scope = join(wish.scopes, (*provider)->scope_separator);
    Parameters parameters{{"grant_type", "client_credentials"}};
    if (!scope.empty()) parameters.emplace_back("scope", scope);
    const TimePoint asked_at = clock_.now();
    auto asking = ask_for_tokens(**provider, *client, metadata->endpoints.token, parameters, http);
    TokenAnswer answer = co_await std::move(asking);
    if (!answer.tokens) co_return answer.error;
    answer.tokens->refresh_token = Secret{};  // RFC 6749 section 4.4.3: the grant itself renews it
    auto record = new_record(wish.id, Flow::client_credentials, *metadata, client->id, wish.scopes,
                             std::move(*answer.tokens), "", asked_at);
    if (!record) co_return record.error();
    auto keeping = keep(std::move(*record), wish.actor);
    co_return co_await std::move(keeping);
}

Task<Result<Connection>> Connector::keep(ConnectionRecord record, std::string actor) {
    const auto deadline = std::chrono::steady_clock::now() + options_.lock_timeout;
    auto locking = connections_.lock(record.connection.id, workers_, deadline);
    const auto lock = co_await std::move(locking);
    if (!lock) co_return lock.error();
    const auto shared = std::make_shared<ConnectionRecord>(std::move(record));
    auto storing = workers_.run([this, shared, actor]() -> Result<Connection> {
        const auto known = connections_.find_blocking(shared->connection.id);
        if (!known && known.error().code == Errc::corrupt) {
            // Connecting again is the mend of a damaged record.
            const auto removed = connections_.remove(shared->connection.id, actor, false);
            if (!removed) return removed.error();
        } else if (!known && known.error().code != Errc::not_found) {
            return known.error();
        }
        const auto put = connections_.put(*shared, known ? known->version : 0, "connected", actor);
        if (!put) return put.error();
        return shared->connection;
    });
    co_return co_await std::move(storing);
}

Task<Result<RevocationOutcome>> Connector::revoke(ConnectionId id, std::string actor,
                                                  bool here_only, net::HttpClient& http) {
    const auto deadline = std::chrono::steady_clock::now() + options_.lock_timeout;
    auto locking = connections_.lock(id, workers_, deadline);
    const auto lock = co_await std::move(locking);
    if (!lock) co_return lock.error();
    RevocationOutcome outcome = RevocationOutcome::forgotten;
    if (!here_only) {
        auto finding = connections_.find(id, workers_);
        const auto known = co_await std::move(finding);
        if (!known) co_return known.error();
        const auto providers = providers_.providers();
        const Provider* provider = providers->find(id.provider);
        const Connection& connection = known->record.connection;
        if (provider != nullptr &&
            !same_authority(*provider, connection.issuer, connection.token_endpoint)) {
            co_return make_error(Errc::conflict,
                                 "the provider " + id.provider +
                                     " is at another place than when the connection " + id.text() +
                                     " was made, which won't get its secrets: forget it with "
                                     "--here-only (here_only), and revoke it at the provider");
        }
        if (provider != nullptr && !connection.revocation_endpoint.empty()) {
            auto revoking = revoke_at_provider(*provider, known->record, http);
            const Result<void> revoked = co_await std::move(revoking);
            if (!revoked) co_return revoked.error();
            outcome = RevocationOutcome::revoked;
        }
    }
    const bool at_provider = outcome == RevocationOutcome::revoked;
    auto removing = workers_.run(
        [this, id, actor, at_provider] { return connections_.remove(id, actor, at_provider); });
    const Result<void> removed = co_await std::move(removing);
    if (!removed) co_return removed.error();
    co_return outcome;
}

Task<Result<void>> Connector::revoke_at_provider(const Provider& provider,
                                                 const ConnectionRecord& record,
                                                 net::HttpClient& http) {
    auto loading = load_client(provider, vault_, workers_);
    const auto client = co_await std::move(loading);
    if (!client) co_return client.error();
    const Result<void> checked = check_client(*client, record.connection);
    if (!checked) co_return checked;
    const std::string& endpoint = record.connection.revocation_endpoint;
    const bool by_access_token = provider.revocation == RevocationStyle::bearer ||
                                 provider.revocation == RevocationStyle::github;
    // The refresh token first: what it gave ends with it at most providers (RFC 7009 section 2.1).
    if (!record.refresh_token.empty() && !by_access_token) {
        auto revoking =
            revoke_token(provider, *client, endpoint, record.refresh_token, "refresh_token", http);
        const Result<void> revoked = co_await std::move(revoking);
        if (!revoked) co_return revoked;
    }
    auto revoking =
        revoke_token(provider, *client, endpoint, record.access_token, "access_token", http);
    const Result<void> revoked = co_await std::move(revoking);
    // A provider that revokes refresh tokens alone says so of access tokens; those end by
    // themselves.
    if (!revoked && !record.refresh_token.empty() && !by_access_token) co_return Result<void>();
    co_return revoked;
}

}  // namespace kimbap::oauth
