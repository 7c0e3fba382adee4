#pragma once

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
#include "base/shared_cell.hpp"
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
    std::string owner{};  ///< The operator who makes it, and so holds it.
};

/// The one time that a token is seen in the clear.
struct CreatedToken {
    std::string id;  ///< tok_…
    Secret token;
};

/// Why a bearer token was refused: for logs and audit records alone. Callers are told the same
/// whatever the reason, so that nobody can find out which tokens once existed.
struct Refusal {
    enum class Reason { malformed, unknown, revoked, expired };
    Reason reason = Reason::unknown;
    std::string token;  ///< tok_… of a revoked or expired one.
};
[[nodiscard]] std::string_view name(Refusal::Reason reason) noexcept;

/// Bearer tokens: made, listed, revoked, and recognised on every request. Thread-safe.
///
/// Recognising reads a snapshot of all tokens that holds while the store's ChangeBoard says that
/// none changed, so that a revocation counts from its commit on, in every process, at the price of
/// a load.
class TokenRegistry {
public:
    static constexpr std::size_t kMaxNameBytes = 128;  ///< Of names, roles and globs.
    static constexpr std::size_t kMaxRoles = 64;
    static constexpr std::size_t kMaxActions = 256;

    /// Both outlive the registry.
    TokenRegistry(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    /// Makes a token; its row and its token.changed record are durable together. `actor` is who did
    /// it. Blocks: for I/O threads, on a worker pool. Errors: invalid_argument, saying what about
    /// `wanted` is wrong; storage_failure.
    Result<CreatedToken> create(const NewToken& wanted, std::string_view actor);
    /// Revokes at once, everywhere. Blocks. Errors: not_found; conflict where it is revoked
    /// already.
    Result<void> revoke(std::string_view id, std::string_view actor);
    /// Every token, oldest first, revoked ones included. Blocks.
    [[nodiscard]] Result<std::vector<store::TokenRow>> list() const;

    /// Recognises a bearer token without blocking. nullopt: the snapshot is stale, use
    /// authenticate(). Errors: unauthenticated, with the same message whatever the reason.
    /// `refusal`, where given, gets the reason.
    [[nodiscard]] std::optional<Result<IdentityPtr>> try_authenticate(
        std::string_view bearer, Refusal* refusal = nullptr) const;
    /// The same, reading the store on `workers` where needed. `bearer` and `refusal` outlive the
    /// await.
    Task<Result<IdentityPtr>> authenticate(std::string_view bearer, async::WorkerPool& workers,
                                           Refusal* refusal = nullptr);
    Result<IdentityPtr> authenticate_blocking(std::string_view bearer, Refusal* refusal = nullptr);

    /// Whether the token behind `identity` still serves: for streams that stay open. nullopt:
    /// stale. Errors: the store's.
    [[nodiscard]] std::optional<bool> try_still_valid(const Identity& identity) const;
    Task<Result<bool>> still_valid(IdentityPtr identity, async::WorkerPool& workers);

private:
    struct HashKey {
        std::size_t operator()(const Sha256& hash) const noexcept;
    };
    struct Entry {
        IdentityPtr identity;
        Sha256 hash;
        bool revoked;
    };
    struct Snapshot {
        std::uint64_t version = 0;
        std::unordered_map<Sha256, Entry, HashKey> by_hash;
        std::unordered_map<std::string, IdentityPtr> by_id;  ///< Without the revoked.
    };

    [[nodiscard]] std::shared_ptr<const Snapshot> current() const;
    [[nodiscard]] Result<std::shared_ptr<const Snapshot>> reload() const;
    [[nodiscard]] Result<IdentityPtr> find(const Snapshot& snapshot, std::string_view bearer,
                                           Refusal* refusal) const;
    [[nodiscard]] bool stands(const Snapshot& snapshot, const Identity& identity) const;

    store::Store& store_;
    const Clock& clock_;
    mutable SharedCell<Snapshot> snapshot_;
    mutable std::mutex reload_mutex_;  ///< One reload at a time; never waited for on I/O threads.
};

}  // namespace kimbap::identity
