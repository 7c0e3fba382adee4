#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "identity/identity.hpp"
#include "store/token_store.hpp"

namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::store {
class Store;
}

namespace kimbap::identity {

/// What a new token stands for.
struct NewToken {
    std::string name;  ///< The agent's or operator's.
    bool is_operator = false;
    std::vector<std::string> roles;
    std::vector<std::string> actions;  ///< Globs over service.action; empty: every action.
    std::optional<std::chrono::milliseconds> ttl;
};

/// The one time that a token is seen in the clear.
struct CreatedToken {
    std::string id;  ///< tok_…
    Secret token;
};

/// Bearer tokens: made, listed, revoked, and recognised on every request. Thread-safe.
///
/// Recognising reads a snapshot of all tokens that holds while the store's ChangeBoard says that
/// none changed, so that a revocation counts from its commit on, in every process, at the price of
/// a load.
class TokenRegistry {
public:
    /// Both outlive the registry.
    TokenRegistry(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    /// Makes a token; its row and its token.changed record are durable together. `actor` is who did
    /// it. Blocks. Errors: invalid_argument; storage_failure.
    Result<CreatedToken> create(const NewToken& wanted, std::string_view actor);
    /// Revokes at once, everywhere. Blocks. Errors: not_found; conflict where it is revoked
    /// already.
    Result<void> revoke(std::string_view id, std::string_view actor);
    /// Every token, oldest first, revoked ones included. Blocks.
    [[nodiscard]] Result<std::vector<store::TokenRow>> list() const;

    /// Recognises a bearer token without blocking. nullopt: the snapshot is stale, use
    /// authenticate(). Errors: unauthenticated, with the same message whatever the reason.
    [[nodiscard]] std::optional<Result<IdentityPtr>> try_authenticate(
        std::string_view bearer) const;
    /// The same, reading the store on `workers` where needed. `bearer` outlives the await.
    Task<Result<IdentityPtr>> authenticate(std::string_view bearer, async::WorkerPool& workers);
    Result<IdentityPtr> authenticate_blocking(std::string_view bearer);

    /// Whether the token behind `identity` still serves: for streams that stay open. nullopt:
    /// stale.
    [[nodiscard]] std::optional<bool> try_still_valid(const Identity& identity) const;
    Task<bool> still_valid(IdentityPtr identity, async::WorkerPool& workers);

private:
    struct HashKey {
        std::size_t operator()(const Sha256& hash) const noexcept;
    };
    struct Entry {
        IdentityPtr identity;
        Sha256 hash;
    };
    struct Snapshot {
        std::uint64_t version = 0;
        std::unordered_map<Sha256, Entry, HashKey> by_hash;
        std::unordered_map<std::string, IdentityPtr> by_id;
    };

    [[nodiscard]] std::shared_ptr<const Snapshot> current() const;
    [[nodiscard]] Result<std::shared_ptr<const Snapshot>> reload() const;
    [[nodiscard]] Result<IdentityPtr> find(const Snapshot& snapshot, std::string_view bearer) const;
    [[nodiscard]] bool stands(const Snapshot& snapshot, const Identity& identity) const;

    store::Store& store_;
    const Clock& clock_;
    mutable std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
    mutable std::mutex reload_mutex_;
};

}  // namespace kimbap::identity
