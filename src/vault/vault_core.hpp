#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "async/flights.hpp"
#include "async/worker_pool.hpp"
#include "audit/record.hpp"
#include "vault/record.hpp"
#include "vault/record_cache.hpp"
#include "vault/vault.hpp"

namespace kimbap::store {
class Snapshot;
class Transaction;
}  // namespace kimbap::store

namespace kimbap::vault {

using Salt = std::array<std::uint8_t, kSaltSize>;
using KeyPtr = std::shared_ptr<const LockedBytes>;

/// Where the check value is in the store's meta table.
inline constexpr std::string_view kCheckKey = "vault.check";
/// How often a write starts over because another process changed the vault meanwhile.
inline constexpr int kMaxAttempts = 8;

/// What Vault's functions share. Everything here may block.
class Vault::Core {
public:
    Core(store::Store& store, const Clock& clock, const Secret& vault_secret, VaultOptions options);
    ~Core();

    Result<std::optional<std::string>> stored_check() const;
    Result<void> check();
    /// The check value that this vault's secret was verified against, verifying it where it wasn't
    /// yet.
    Result<std::string> verified();
    /// Within a transaction: that no other process has rekeyed since.
    static Result<void> still(store::Transaction& transaction, const std::string& check);

    /// Reads a record; its key comes from the cache where salt and iterations are the same.
    /// `derive` false: a record without a cached key comes back with key null.
    Result<OpenRecordPtr> load(const std::string& name, std::uint64_t version, bool derive);
    static OpenRecord unopened(store::SecretRow row, std::uint64_t version);
    /// Gives `record` its key.
    Result<void> derive_for(OpenRecord& record);
    /// `record` with its key, tried and put into the cache.
    Result<OpenRecordPtr> derive_and_keep(OpenRecord record);
    /// What `error`, of opening a record, really means: the vault may have been rekeyed.
    Error explain(const Error& error);
    /// The cached record where nothing changed since; null otherwise.
    [[nodiscard]] OpenRecordPtr current(std::string_view name) const;
    /// A record as it stands now, read on `workers`, once however many ask at the same time.
    Task<Result<OpenRecordPtr>> fetch(std::string name, async::WorkerPool& workers);
    /// The same, blocking.
    Result<OpenRecordPtr> fetch_blocking(std::string_view name);
    /// Starts loading on `workers`; the flight by this name lands when it is done.
    void start_flight(const std::string& name, async::WorkerPool& workers);

    Result<KeyPtr> derive(const LockedBytes& secret, std::string_view salt,
                          std::int64_t iterations);
    /// A record encrypted with a salt of its own.
    Result<store::SecretRow> make_record(std::string_view name, std::int64_t version,
                                         std::string_view value);
    Result<store::SecretRow> make_record(const LockedBytes& secret, std::string_view name,
                                         std::int64_t version, std::string_view value);
    /// A record of `version` under the salt and key of the cached one, where there is one: nobody
    /// derives a key then.
    Result<store::SecretRow> reseal(const std::string& name, std::int64_t version,
                                    std::string_view value);
    /// `row` opened under this vault's secret and encrypted under `fresh`.
    Result<store::SecretRow> under(const LockedBytes& fresh, const store::SecretRow& row);
    /// What a write does about a record that is there already, or isn't.
    enum class Mode {
        set,     ///< Creates or replaces.
        rotate,  ///< Replaces; not_found otherwise.
        create,  ///< Creates; leaves alone what is there.
    };
    /// Writes a record and its audit record, as the version after the one stored.
    Result<void> write(std::string_view name, std::string_view value, Mode mode,
                       std::string_view actor);

    [[nodiscard]] audit::Record changed(std::string_view change, std::string_view actor) const;
    [[nodiscard]] std::shared_ptr<const LockedBytes> secret() const;

    store::Store& store;
    const Clock& clock;
    const VaultOptions options;
    LockedArena arena;
    RecordCache cache;
    /// The load of a record.
    struct Landing {
        Result<OpenRecordPtr> record;
        /// Of Topic::secrets, loaded before the store was read: whoever asked when it was higher
        /// must ask again, or could get what was replaced before it asked.
        std::uint64_t version = 0;
    };
    async::Flights<Landing> flights;
    std::atomic<std::uint64_t> derivations{0};

    mutable std::mutex mutex;  ///< Of the two below.
    std::shared_ptr<const LockedBytes> secret_bytes;
    std::string verified_check;  ///< "" until verified.

    /// Derivations have threads of their own, so that neither the reads on the shared pool nor
    /// another secret's derivation is waited for. Last member: joined first.
    async::WorkerPool derivers;

private:
    Result<void> adopt_first_check();
    Result<void> remember(const std::string& check);
    Result<OpenRecordPtr> keep(OpenRecord record);
    void fly(const std::string& name);
};

Error no_such_secret(std::string_view ref);

}  // namespace kimbap::vault
