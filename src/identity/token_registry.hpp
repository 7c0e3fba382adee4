#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "audit/record.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "identity/identity.hpp"

namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::store {
class Store;
}

namespace kimbap::identity {

/// What a new token stands for.
struct NewToken {
    std::string name;          ///< The agent's or operator's.
    bool is_operator = false;  ///< An operator takes no roles and no actions.
    std::vector<std::string> roles;
    std::vector<std::string> actions;  ///< Globs over service.action; empty: every action.
    std::optional<std::chrono::milliseconds> ttl;
};

/// A token as listings show it.
struct TokenInfo {
    std::string id;  ///< tok_…
    std::string name;
    bool is_operator = false;
    std::vector<std::string> roles;
    std::vector<std::string> actions;
    TimePoint created_at;
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> revoked_at;
    std::string state;  ///< active, expired or revoked, by the registry's clock.
};

/// The one time that a token is seen in the clear.
struct CreatedToken {
    TokenInfo info;
    Secret bearer;
};

/// Why a bearer token was refused: for the log and the audit record alone. Callers are all told the
/// same, so that nobody can find out which tokens once existed.
struct Refusal {
    enum class Reason { malformed, unknown, revoked, expired };
    Reason reason = Reason::unknown;
    std::string token;  ///< tok_… where known.
};
[[nodiscard]] std::string_view name(Refusal::Reason reason) noexcept;
/// The auth.failed record of a refusal.
[[nodiscard]] audit::Record refusal_record(const Refusal& refusal, TimePoint now);

/// Bearer tokens: made, listed, revoked, and recognised on every request. Thread-safe.
///
/// Recognising reads a snapshot of all tokens that holds while the store's ChangeBoard says that
/// none changed, so that a revocation counts from its commit on, in every process, at the price of
/// a load.
class TokenRegistry {
public:
    static constexpr std::size_t kMaxNameLength = 128;
    static constexpr std::size_t kMaxRoles = 64;
    static constexpr std::size_t kMaxActions = 256;

    /// Both outlive the registry.
    TokenRegistry(store::Store& store, const Clock& clock);
    ~TokenRegistry();
    TokenRegistry(const TokenRegistry&) = delete;
    TokenRegistry& operator=(const TokenRegistry&) = delete;

    /// Makes a token; its row and its token.changed record are durable together. `by` is who did
    /// it. Errors: invalid_argument; storage_failure.
    Task<Result<CreatedToken>> create(NewToken token, audit::Caller by);
    Result<CreatedToken> create_blocking(const NewToken& token, const audit::Caller& by);

    /// Revokes at once, everywhere. Errors: not_found; conflict where it is revoked already.
    Task<Result<void>> revoke(std::string id, audit::Caller by);
    Result<void> revoke_blocking(const std::string& id, const audit::Caller& by);

    /// Every token, oldest first, revoked ones included. Blocks.
    [[nodiscard]] Result<std::vector<TokenInfo>> list_blocking() const;

    /// Recognises a bearer token without blocking. nullopt: the snapshot is stale, use
    /// authenticate(). Errors: unauthenticated, with the same message whatever the reason;
    /// `refusal` gets the reason.
    [[nodiscard]] std::optional<Result<IdentityPtr>> try_authenticate(
        std::string_view bearer, Refusal* refusal = nullptr) const;
    /// The same, reading the store where needed.
    [[nodiscard]] Result<IdentityPtr> authenticate_blocking(std::string_view bearer,
                                                            Refusal* refusal = nullptr) const;
    /// The same for I/O threads: reads, where needed, on `pool`. `refusal` outlives the await.
    Task<Result<IdentityPtr>> authenticate(std::string bearer, async::WorkerPool& pool,
                                           Refusal* refusal = nullptr) const;

    /// Whether the token behind `identity` still serves: for streams that stay open. nullopt:
    /// stale, as with try_authenticate.
    [[nodiscard]] std::optional<bool> try_still_valid(const Identity& identity) const;
    Task<bool> still_valid(IdentityPtr identity, async::WorkerPool& pool) const;

private:
    struct Snapshot;
    using SnapshotPtr = std::shared_ptr<const Snapshot>;

    [[nodiscard]] SnapshotPtr current() const;
    [[nodiscard]] Result<SnapshotPtr> load() const;
    [[nodiscard]] Result<IdentityPtr> recognise(const Snapshot& snapshot, std::string_view bearer,
                                                Refusal* refusal) const;
    [[nodiscard]] bool serves(const Snapshot& snapshot, const Identity& identity) const;

    store::Store& store_;
    const Clock& clock_;
    mutable std::mutex snapshot_mutex_;  ///< Held for copying a pointer only.
    mutable SnapshotPtr snapshot_;
    mutable std::mutex load_mutex_;  ///< One reload at a time; never taken on I/O threads.
};

}  // namespace kimbap::identity
