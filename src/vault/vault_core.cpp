#include "vault/vault_core.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "audit/writer.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "store/store.hpp"
#include "vault/secret_check.hpp"

namespace kimbap::vault {

namespace {

/// Room for 256 keys, the vault secret twice (while rekeying), and keys under way.
constexpr std::size_t kArenaSize = 16U << 10;
constexpr std::size_t kMaxCachedRecords = 256;
constexpr std::size_t kMaxDerivations = 16;
/// Rounds of asking again because what came was read before the question.
constexpr int kMaxRounds = 16;

std::string_view text_of(const Salt& salt) {
    return {reinterpret_cast<const char*>(salt.data()), salt.size()};
}

Error rekeyed_meanwhile() {
    return make_error(Errc::invalid_config,
                      "the vault was rekeyed meanwhile: restart kimbap with the new vault secret");
}

std::shared_ptr<const LockedBytes> lock_up(LockedArena& arena, const Secret& secret) {
    Result<LockedBytes> stored = arena.store(secret.reveal());
    if (!stored) throw std::invalid_argument("the vault secret is too long");
    return std::make_shared<const LockedBytes>(std::move(*stored));
}

}  // namespace

Error no_such_secret(std::string_view ref) {
    const std::string name = check_name(ref) ? std::string(ref) : "REF";
    return make_error(Errc::not_found, "the vault has no secret " + std::string(ref) +
                                           " (add it with `kimbap vault set " + name + "`)");
}

Vault::Core::Core(store::Store& store_, const Clock& clock_, const Secret& vault_secret,
                  VaultOptions options_)
    : store(store_),
      clock(clock_),
      options(options_),
      arena(kArenaSize),
      cache(kMaxCachedRecords),
      secret_bytes(lock_up(arena, vault_secret)),
      derivers(kMaxDerivations) {
    if (options.iterations < kMinIterations || options.iterations > kMaxIterations) {
        throw std::invalid_argument("vault.pbkdf2_iterations is out of range");
    }
    if (arena.protection() == Protection::unlocked) {
        log::warn(
            "keys can't be locked into memory and may be swapped to disk (raise the "
            "memory-lock limit, ulimit -l)");
    }
}

Vault::Core::~Core() {
    flights.wait_for_all();
}

std::shared_ptr<const LockedBytes> Vault::Core::secret() const {
    const std::lock_guard lock(mutex);
    return secret_bytes;
}

Result<std::optional<std::string>> Vault::Core::stored_check() const {
    return store::query(
        store, [](const store::Snapshot& snapshot) { return snapshot.meta().get(kCheckKey); });
}

Result<void> Vault::Core::remember(const std::string& check) {
    const Result<void> right = verify_check(check, secret()->reveal());
    if (!right) return right;
    const std::lock_guard lock(mutex);
    verified_check = check;
    return {};
}

Result<void> Vault::Core::check() {
    const auto stored = stored_check();
    if (!stored) return stored.error();
    return *stored ? remember(**stored) : adopt_first_check();
}

Result<void> Vault::Core::adopt_first_check() {
    // A store with records but without a check value was tampered with, or restored in part.
    const auto rows = store::query(
        store, [](const store::Snapshot& snapshot) { return snapshot.secrets().all(); });
    if (!rows) return rows.error();
    if (!rows->empty()) {
        const store::SecretRow& row = rows->front();
        const Result<void> sane = check_iterations(row);
        if (!sane) return sane;
        const auto key = derive(*secret(), text_of(row.salt), row.iterations);
        if (!key) return key.error();
        const Result<Secret> opened = open_record(row, KeyView((*key)->bytes()));
        if (!opened) {
            return make_error(Errc::invalid_config,
                              "wrong vault secret, or a damaged vault: the record " + row.name +
                                  " can't be opened with it");
        }
    }
    const auto fresh = make_check(secret()->reveal(), options.iterations);
    if (!fresh) return fresh.error();
    // Another process may have been first: then its value is the one to hold to.
    const auto settled =
        store::transact(store, [check = *fresh](store::Transaction& t) -> Result<std::string> {
            const auto known = t.meta().get(kCheckKey);
            if (!known) return known.error();
            if (*known) return **known;
            const Result<void> put = t.meta().put(kCheckKey, check);
            if (!put) return put.error();
            return check;
        });
    if (!settled) return settled.error();
    return remember(*settled);
}

Result<std::string> Vault::Core::verified() {
    {
        const std::lock_guard lock(mutex);
        if (!verified_check.empty()) return verified_check;
    }
    const Result<void> checked = check();
    if (!checked) return checked.error();
    const std::lock_guard lock(mutex);
    return verified_check;
}

Result<void> Vault::Core::still(store::Transaction& transaction, const std::string& check) {
    const auto stored = transaction.meta().get(kCheckKey);
    if (!stored) return stored.error();
    if (*stored != check) return rekeyed_meanwhile();
    return {};
}

Result<KeyPtr> Vault::Core::derive(const LockedBytes& secret, std::string_view salt,
                                   std::int64_t iterations) {
    Result<LockedBytes> key = arena.allocate(kKeySize);
    if (!key) return key.error();
    const Result<void> derived = derive_key(secret.reveal(), salt, iterations, key->bytes());
    if (!derived) return derived.error();
    ++derivations;
    return std::make_shared<const LockedBytes>(std::move(*key));
}

Result<OpenRecordPtr> Vault::Core::load(const std::string& name, std::uint64_t version,
                                        bool derive) {
    auto row = store::query(
        store, [&](const store::Snapshot& snapshot) { return snapshot.secrets().find(name); });
    if (!row) return row.error();
    if (!*row) {
        cache.erase(name);
        return no_such_secret(name);
    }
    OpenRecord record = unopened(std::move(**row), version);
    const OpenRecordPtr known = cache.find(name);
    if (known && known->row.salt == record.row.salt &&
        known->row.iterations == record.row.iterations) {
        record.key = known->key;
        return keep(std::move(record));
    }
    if (derive) return derive_and_keep(std::move(record));
    return std::make_shared<const OpenRecord>(std::move(record));
}

OpenRecord Vault::Core::unopened(store::SecretRow row, std::uint64_t version) {
    std::string bound = associated_data(row.name, row.version, row.iterations);
    return {std::move(row), std::move(bound), nullptr, version};
}

Result<void> Vault::Core::derive_for(OpenRecord& record) {
    const Result<void> sane = check_iterations(record.row);
    if (!sane) return sane;
    auto key = derive(*secret(), text_of(record.row.salt), record.row.iterations);
    if (!key) return key.error();
    record.key = std::move(*key);
    return {};
}

Result<OpenRecordPtr> Vault::Core::derive_and_keep(OpenRecord record) {
    const Result<void> derived = derive_for(record);
    if (!derived) return derived.error();
    return keep(std::move(record));
}

Result<OpenRecordPtr> Vault::Core::keep(OpenRecord record) {
    const Result<Secret> tried = open_record(record.row, KeyView(record.key->bytes()));
    if (!tried) return explain(tried.error());
    auto opened = std::make_shared<const OpenRecord>(std::move(record));
    if (store::ChangeBoard::stable(opened->version)) {
        cache.put(opened);
    } else {
        // Read while a writer was about to commit: the record may be replaced already, but its key
        // serves. Kept as of the version before, which the board never shows again.
        auto past = std::make_shared<OpenRecord>(*opened);
        --past->version;
        cache.put(std::move(past));
    }
    return opened;
}

Error Vault::Core::explain(const Error& error) {
    const auto stored = stored_check();
    if (!stored || !*stored) return error;
    {
        const std::lock_guard lock(mutex);
        if (!verified_check.empty() && **stored == verified_check) return error;
        if (!verified_check.empty()) return rekeyed_meanwhile();
    }
    const Result<void> right = verify_check(**stored, secret()->reveal());
    return right ? error : right.error();
}

OpenRecordPtr Vault::Core::current(std::string_view name) const {
    OpenRecordPtr record = cache.find(name);
    if (!record || record->version != store.changes().version(store::Topic::secrets))
        return nullptr;
    return record;
}

Task<Result<OpenRecordPtr>> Vault::Core::fetch(std::string name, async::WorkerPool& workers) {
    const std::uint64_t asked_at = store.changes().version(store::Topic::secrets);
    for (int round = 0; round < kMaxRounds; ++round) {
        if (OpenRecordPtr known = current(name)) co_return known;
        auto joined = flights.join(name);
        if (joined.first) start_flight(name, workers);
        Task<Landing> waiting = async::Flight<Landing>::landing(std::move(joined.flight));
        Landing landing = co_await std::move(waiting);
        if (landing.version >= asked_at) co_return std::move(landing.record);
    }
    co_return make_error(Errc::unavailable, "the vault is changing all the time (try again)");
}

Result<OpenRecordPtr> Vault::Core::fetch_blocking(std::string_view name) {
    if (OpenRecordPtr known = current(name)) return known;
    return load(std::string(name), store.changes().version(store::Topic::secrets), true);
}

void Vault::Core::start_flight(const std::string& name, async::WorkerPool& workers) {
    if (workers.submit([this, name] { fly(name); })) return;
    flights.land(name,
                 {make_error(Errc::unavailable, "too much background work is waiting (try again)"),
                  ~std::uint64_t{0}});
}

void Vault::Core::fly(const std::string& name) {
    const std::uint64_t version = store.changes().version(store::Topic::secrets);
    Result<OpenRecordPtr> record = load(name, version, false);
    if (!record || (*record)->key) return flights.land(name, {std::move(record), version});
    const bool queued = derivers.submit([this, name, version, pending = *record] {
        flights.land(name, {derive_and_keep(*pending), version});
    });
    if (queued) return;
    flights.land(
        name,
        {make_error(Errc::unavailable, "too many keys are being derived (try again)"), version});
}

Result<store::SecretRow> Vault::Core::make_record(std::string_view name, std::int64_t version,
                                                  std::string_view value) {
    return make_record(*secret(), name, version, value);
}

Result<store::SecretRow> Vault::Core::make_record(const LockedBytes& secret, std::string_view name,
                                                  std::int64_t version, std::string_view value) {
    Salt salt{};
    random_bytes(salt);
    const auto key = derive(secret, text_of(salt), options.iterations);
    if (!key) return key.error();
    return seal_record(name, version, options.iterations, salt, KeyView((*key)->bytes()), value);
}

audit::Record Vault::Core::changed(std::string_view change, std::string_view actor) const {
    audit::Record record;
    record.kind = "vault.changed";
    record.time = clock.now();
    record.details["change"] = change;
    record.details["by"] = actor;
    return record;
}

Result<void> Vault::Core::write(std::string_view name, std::string_view value, Mode mode,
                                std::string_view actor) {
    const auto check = verified();
    if (!check) return check.error();
    // The version is bound into the ciphertext, which is made outside the transaction because that
    // takes long: where another writer came in between, it is made again.
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        const auto known = store::query(
            store, [&](const store::Snapshot& snapshot) { return snapshot.secrets().find(name); });
        if (!known) return known.error();
        if (!*known && mode == Mode::rotate) return no_such_secret(name);
        if (*known && mode == Mode::create) return {};
        const std::int64_t version = *known ? (*known)->version + 1 : 1;
        auto row = make_record(name, version, value);
        if (!row) return row.error();
        audit::Record record = changed(mode == Mode::rotate ? "rotated" : "set", actor);
        record.details["secret"] = name;
        record.details["version"] = version;
        row->created_at = *known ? (*known)->created_at : record.time;
        row->updated_at = record.time;

        const Result<void> written = store::write_blocking(
            store, [row = *row, record, check = *check](store::Transaction& t) -> Result<void> {
                const Result<void> same_secret = still(t, check);
                if (!same_secret) return same_secret;
                const auto now = t.secrets().find(row.name);
                if (!now) return now.error();
                if ((*now ? (*now)->version : 0) != row.version - 1) {
                    return make_error(Errc::conflict, "the secret changed meanwhile (try again)");
                }
                const Result<void> put = t.secrets().put(row);
                if (!put) return put;
                return audit::append(t, record);
            });
        if (written || written.error().code != Errc::conflict) return written;
    }
    return make_error(Errc::conflict, "the secret " + std::string(name) +
                                          " is being changed all the time (try again)");
}

}  // namespace kimbap::vault
