#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "store/secret_store.hpp"
#include "vault/key_derivation.hpp"
#include "vault/locked_memory.hpp"

namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::store {
class Store;
class Transaction;
}  // namespace kimbap::store

namespace kimbap::vault {

struct VaultOptions {
    std::int64_t iterations = kDefaultIterations;  ///< Of new records; at least kMinIterations.
};

/// The secrets of an installation, encrypted at rest (contract section 9).
///
/// Opening one is on the way of every call: the key derived for a record stays in locked memory,
/// and opening again is one AES-GCM decryption without touching the store. Changes by any process
/// are noticed through the store's ChangeBoard. Thread-safe.
///
/// What changes the vault writes its `vault.changed` audit record in the same transaction; `actor`
/// says there who did it. Those functions and the others marked "blocking" derive keys and wait for
/// the disk: for the command line and worker threads, never for an I/O thread.
class Vault {
public:
    /// `store` and `clock` outlive the vault. Throws std::invalid_argument for iterations outside
    /// kMinIterations and kMaxIterations (the configuration refuses them with a better message).
    Vault(store::Store& store, const Clock& clock, const Secret& vault_secret,
          VaultOptions options = {});
    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    /// Whether check() derives no key: always so with a generated vault secret. Reads the store.
    [[nodiscard]] bool check_is_instant() const;
    /// Whether the vault secret is the one that this store's records are under; the first ever used
    /// becomes it. Blocking. Errors: invalid_config for another (exit code 5), corrupt,
    /// storage_failure.
    [[nodiscard]] Result<void> check();

    /// The secret, where its record and key are cached and nothing changed since: microseconds, no
    /// I/O. nullopt: use open().
    [[nodiscard]] std::optional<Result<Secret>> try_open(std::string_view ref) const;
    /// The secret; reads on `workers` and derives on threads of the vault's own, once however many
    /// ask at the same time, so that the first use of one secret waits for no other. Resumes on the
    /// awaiting executor. Errors: not_found (saying `kimbap vault set REF`), corrupt,
    /// invalid_config where the vault was rekeyed meanwhile, storage_failure, unavailable.
    [[nodiscard]] Task<Result<Secret>> open(std::string ref, async::WorkerPool& workers) const;
    /// The same, blocking.
    [[nodiscard]] Result<Secret> open_blocking(std::string_view ref) const;

    /// Creates or replaces. Blocking. Errors: invalid_argument, too_large, invalid_config,
    /// conflict, storage_failure.
    Result<void> set(std::string_view ref, const Secret& value, std::string_view actor);
    /// Replaces what is there. Blocking. Errors: not_found besides.
    Result<void> rotate(std::string_view ref, const Secret& value, std::string_view actor);
    /// Blocking. Errors: not_found.
    Result<void> remove(std::string_view ref, std::string_view actor);
    /// Names and dates, sorted by name. Blocking.
    [[nodiscard]] Result<std::vector<store::SecretInfo>> list() const;
    /// Encrypts every record anew under `vault_secret` in one transaction: a crash leaves all under
    /// the old or all under the new. Returns how many. Other processes must be restarted with the
    /// new one; until then they refuse with that reason. Blocking. Errors: conflict where the vault
    /// changes all the time; corrupt where a record can't be opened.
    Result<std::size_t> rekey(const Secret& vault_secret, std::string_view actor);

    /// kimbap's own random key of `size` bytes by this name, made at its first use: [a-z0-9-]+,
    /// without prefix. Blocking at first use in a process.
    [[nodiscard]] Result<Secret> internal_key(std::string_view name, std::size_t size);

    /// One of kimbap's own records (OAuth tokens): under a name of their own, [a-z0-9._/-]+, that
    /// is neither listed nor served as a credential.
    struct OwnRecord {
        Secret value;
        std::int64_t version = 0;
    };
    /// What goes into the transaction of a change of one: its audit record at least.
    using Also = std::function<Result<void>(store::Transaction&)>;
    /// As try_open().
    [[nodiscard]] std::optional<Result<OwnRecord>> try_open_own(std::string_view name) const;
    /// As open().
    [[nodiscard]] Task<Result<OwnRecord>> open_own(std::string name,
                                                   async::WorkerPool& workers) const;
    /// As open_blocking().
    [[nodiscard]] Result<OwnRecord> open_own_blocking(std::string_view name) const;
    /// Writes the version after `expected` (0: creates) and gives it. Keeps the record's salt, so
    /// that neither this nor the next to open it derives a key; the nonce is fresh. Blocking.
    /// Errors: conflict where the stored version is another, too_large, what `also` returns, and
    /// set()'s.
    Result<std::int64_t> put_own(std::string_view name, const Secret& value, std::int64_t expected,
                                 const Also& also);
    /// Blocking. Errors: not_found.
    Result<void> remove_own(std::string_view name, const Also& also);
    /// Names (without kimbap's prefix) that begin with `prefix`, sorted. Blocking.
    [[nodiscard]] Result<std::vector<std::string>> list_own(std::string_view prefix) const;

    /// How keys are kept from others, for `kimbap doctor`.
    [[nodiscard]] Protection protection() const noexcept;

    /// Keys derived since the start, for metrics and tests.
    [[nodiscard]] std::uint64_t derivations() const noexcept;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace kimbap::vault
