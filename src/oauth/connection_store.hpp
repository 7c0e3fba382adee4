#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "oauth/connection.hpp"
#include "store/hold.hpp"
#include "store/write_operation.hpp"

namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::store {
class Store;
}
namespace kimbap::vault {
class Vault;
}

namespace kimbap::oauth {

/// A connection as the vault had it; `version` is what a write must be based on.
struct StoredConnection {
    ConnectionRecord record;
    std::int64_t version = 0;
};

/// Told, within the transaction that marks a connection reauth_needed, so that operators hear of it
/// exactly once, whichever process found out.
using ReauthListener = std::function<Result<void>(store::Transaction&, const Connection&)>;

/// The connections of an installation, each one vault record. Every change has its
/// `connection.changed` audit record in the same transaction. Thread-safe.
class ConnectionStore {
public:
    /// All outlive the connection store. `on_reauth` may be empty.
    ConnectionStore(store::Store& store, vault::Vault& vault, const Clock& clock,
                    ReauthListener on_reauth = {});

    /// Whoever changes a connection holds it, across all threads, processes and machines that share
    /// the store: two that spend one refresh token at once would, with rotation, cost the
    /// connection (RFC 9700 section 4.14.2: reuse revokes all of it). Waits without blocking the
    /// thread. Errors: timed_out, storage_failure.
    [[nodiscard]] Task<Result<std::unique_ptr<store::Hold>>> lock(
        ConnectionId id, async::WorkerPool& workers,
        std::chrono::steady_clock::time_point deadline) const;

    /// Microseconds and no I/O where nothing changed since the last time; nullopt: use find().
    [[nodiscard]] std::optional<Result<StoredConnection>> try_find(const ConnectionId& id) const;
    /// Errors: not_found, saying `kimbap auth connect`; the vault's.
    [[nodiscard]] Task<Result<StoredConnection>> find(ConnectionId id,
                                                      async::WorkerPool& workers) const;
    [[nodiscard]] Result<StoredConnection> find_blocking(const ConnectionId& id) const;
    /// All, sorted by text(). One that can't be opened is an error of the whole, which
    /// names it. Blocking.
    [[nodiscard]] Result<std::vector<Connection>> list() const;

    /// Durable when it returns. `change` is what the audit record says: connected, refreshed,
    /// reauth_needed. Blocking. Errors: conflict where another was first; the vault's.
    Result<std::int64_t> put(const ConnectionRecord& record, std::int64_t expected_version,
                             std::string_view change, std::string_view actor);
    /// Blocking. Errors: not_found.
    Result<void> remove(const ConnectionId& id, std::string_view actor, bool at_provider);

private:
    store::Store& store_;
    vault::Vault& vault_;
    const Clock& clock_;
    ReauthListener on_reauth_;
};

}  // namespace kimbap::oauth
