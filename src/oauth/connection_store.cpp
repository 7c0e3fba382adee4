#include "oauth/connection_store.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/worker_pool.hpp"
#include "audit/writer.hpp"
#include "store/store.hpp"
#include "vault/vault.hpp"

namespace kimbap::oauth {

namespace {

constexpr std::string_view kFolder = "oauth/";
/// Between two tries to lock a connection: each is a session of its own where the store is a
/// server.
constexpr std::chrono::milliseconds kShortestPause{15};
constexpr std::chrono::milliseconds kLongestPause{120};

std::string record_name(const ConnectionId& id) {
    return std::string(kFolder) + id.provider + "/" + id.name;
}

Result<StoredConnection> stored(Result<vault::Vault::OwnRecord> opened, const ConnectionId& id) {
    if (!opened) {
        if (opened.error().code != Errc::not_found) return opened.error();
        const bool named = id.name != kDefaultConnection;
        return make_error(Errc::not_found, "there is no OAuth connection " + id.text() +
                                               " (an operator makes it with `kimbap auth connect " +
                                               id.provider + (named ? " --name " + id.name : "") +
                                               "`)");
    }
    auto record = decode(opened->value.reveal());
    if (!record) return record.error();
    return StoredConnection{std::move(*record), opened->version};
}

audit::Record changed(const ConnectionId& id, std::string_view change, std::string_view actor,
                      TimePoint now) {
    audit::Record record;
    record.kind = "connection.changed";
    record.time = now;
    record.details = {{"connection", id.text()}, {"change", change}, {"by", actor}};
    return record;
}

}  // namespace

ConnectionStore::ConnectionStore(store::Store& store, vault::Vault& vault, const Clock& clock,
                                 ReauthListener on_reauth)
    : store_(store), vault_(vault), clock_(clock), on_reauth_(std::move(on_reauth)) {}

Task<Result<std::unique_ptr<store::Hold>>> ConnectionStore::lock(
    ConnectionId id, async::WorkerPool& workers,
    std::chrono::steady_clock::time_point deadline) const {
    const std::string name = "oauth/" + id.text();
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (auto pause = kShortestPause;; pause = std::min(2 * pause, kLongestPause)) {
        auto trying = workers.run([this, name] { return store_.try_hold(name); });
        auto held = co_await std::move(trying);
        if (!held || *held != nullptr) co_return held;
        if (std::chrono::steady_clock::now() > deadline) {
            co_return make_error(Errc::timed_out,
                                 "another process has been changing the connection " + id.text() +
                                     " for too long (try again)");
        }
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

std::optional<Result<StoredConnection>> ConnectionStore::try_find(const ConnectionId& id) const {
    auto opened = vault_.try_open_own(record_name(id));
    if (!opened) return std::nullopt;
    return stored(std::move(*opened), id);
}

Task<Result<StoredConnection>> ConnectionStore::find(ConnectionId id,
                                                     async::WorkerPool& workers) const {
    auto opening = vault_.open_own(record_name(id), workers);
    auto opened = co_await std::move(opening);
    co_return stored(std::move(opened), id);
}

Result<StoredConnection> ConnectionStore::find_blocking(const ConnectionId& id) const {
    return stored(vault_.open_own_blocking(record_name(id)), id);
}

Result<std::vector<Connection>> ConnectionStore::list() const {
    const auto names = vault_.list_own(kFolder);
    if (!names) return names.error();
    std::vector<Connection> out;
    for (const std::string& name : *names) {
        auto opened = vault_.open_own_blocking(name);
        if (!opened && opened.error().code == Errc::not_found) continue;  // revoked meanwhile
        auto record = opened ? decode(opened->value.reveal()) : opened.error();
        if (!record) {
            return make_error(record.error().code, "the OAuth connection " +
                                                       name.substr(kFolder.size()) + ": " +
                                                       record.error().message);
        }
        out.push_back(std::move(record->connection));
    }
    return out;
}

Result<std::int64_t> ConnectionStore::put(const ConnectionRecord& record,
                                          std::int64_t expected_version, std::string_view change,
                                          std::string_view actor) {
    const auto plain = encode(record);
    if (!plain) return plain.error();
    const Connection& connection = record.connection;
    audit::Record audited = changed(connection.id, change, actor, clock_.now());
    audited.details["flow"] = name(connection.flow);
    if (!connection.account.empty()) audited.details["account"] = connection.account;
    if (!connection.reason.empty()) audited.details["reason"] = connection.reason;
    const bool needs_operator = connection.state == ConnectionState::reauth_needed;
    return vault_.put_own(record_name(connection.id), *plain, expected_version,
                          [&](store::Transaction& t) -> Result<void> {
                              if (needs_operator && on_reauth_) {
                                  const Result<void> told = on_reauth_(t, connection);
                                  if (!told) return told;
                              }
                              return audit::append(t, audited);
                          });
}

Result<void> ConnectionStore::remove(const ConnectionId& id, std::string_view actor,
                                     bool at_provider) {
    audit::Record audited = changed(id, "revoked", actor, clock_.now());
    audited.details["at_provider"] = at_provider;
    return vault_.remove_own(record_name(id), [&](store::Transaction& t) -> Result<void> {
        return audit::append(t, audited);
    });
}

}  // namespace kimbap::oauth
