#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "audit/writer.hpp"
#include "store/store.hpp"
#include "vault/secret_check.hpp"
#include "vault/vault_core.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {

namespace {

/// Each holds up other writers by two key derivations. The last attempt takes however many came up
/// during the one before: else writers that never rest would keep the rekeying from ever happening.
constexpr std::size_t kMaxWithinTransaction = 2;

std::string_view salt_of(const store::SecretRow& row) {
    return {reinterpret_cast<const char*>(row.salt.data()), row.salt.size()};
}

/// Runs `work(i)` for each i below `count` on as many threads as there are processors.
Result<void> for_each_parallel(std::size_t count,
                               const std::function<Result<void>(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    Result<void> outcome = {};
    const auto loop = [&] {
        for (std::size_t i = next++; i < count; i = next++) {
            const Result<void> done = work(i);
            if (done) continue;
            const std::lock_guard lock(mutex);
            if (outcome) outcome = done;
            next = count;
        }
    };
    const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < std::min(processors, count); ++i) threads.emplace_back(loop);
    }
    return outcome;
}

using Rows = std::vector<store::SecretRow>;

/// What the records of one round became, by nonce: a later round, after others wrote meanwhile,
/// only has to encrypt what is new, and so catches up with them.
using Encrypted = std::map<Nonce, store::SecretRow>;

}  // namespace

Result<store::SecretRow> Vault::Core::under(const LockedBytes& fresh, const store::SecretRow& row) {
    const Result<void> sane = check_iterations(row);
    if (!sane) return sane.error();
    const auto key = derive(*secret(), salt_of(row), row.iterations);
    if (!key) return key.error();
    const auto value = open_record(row, KeyView((*key)->bytes()));
    if (!value) return explain(value.error());
    auto made = make_record(fresh, row.name, row.version, value->reveal());
    if (!made) return made.error();
    made->created_at = row.created_at;
    made->updated_at = row.updated_at;
    return made;
}

namespace {

using EncryptOne = std::function<Result<store::SecretRow>(const store::SecretRow&)>;

Rows missing_in(const Encrypted& known, const Rows& rows) {
    Rows missing;
    for (const store::SecretRow& row : rows) {
        const auto found = known.find(row.nonce);
        if (found == known.end() || found->second.name != row.name) missing.push_back(row);
    }
    return missing;
}

/// Adds to `known` what is missing of `rows`, on all processors.
Result<void> encrypt(const Rows& rows, Encrypted& known, const EncryptOne& one) {
    const Rows missing = missing_in(known, rows);
    std::mutex mutex;
    return for_each_parallel(missing.size(), [&](std::size_t i) -> Result<void> {
        auto made = one(missing[i]);
        if (!made) return made.error();
        const std::lock_guard lock(mutex);
        known[missing[i].nonce] = std::move(*made);
        return {};
    });
}

/// Replaces every record; those that were written at the last moment are encrypted here and now.
/// Returns how many. Errors: conflict where more than `most` were.
Result<std::size_t> replace_all(store::Transaction& t, Encrypted& known, const EncryptOne& one,
                                std::size_t most) {
    const auto now = t.secrets().all();
    if (!now) return now.error();
    if (missing_in(known, *now).size() > most) {
        return make_error(Errc::conflict, "the vault changed while it was rekeyed (try again)");
    }
    const Result<void> encrypted = encrypt(*now, known, one);
    if (!encrypted) return encrypted.error();
    for (const store::SecretRow& row : *now) {
        const Result<void> put = t.secrets().put(known.at(row.nonce));
        if (!put) return put.error();
    }
    return now->size();
}

}  // namespace

Result<std::size_t> Vault::rekey(const Secret& vault_secret, std::string_view actor) {
    if (vault_secret.size() < kMinVaultSecretSize || vault_secret.size() > kMaxVaultSecretSize) {
        return make_error(Errc::invalid_argument,
                          "the new vault secret must have " + std::to_string(kMinVaultSecretSize) +
                              " to " + std::to_string(kMaxVaultSecretSize) + " bytes");
    }
    Core& core = *core_;
    const auto old_check = core.verified();
    if (!old_check) return old_check.error();
    Result<LockedBytes> stored = core.arena.store(vault_secret.reveal());
    if (!stored) return stored.error();
    const auto fresh_secret = std::make_shared<const LockedBytes>(std::move(*stored));
    const auto fresh_check = make_check(vault_secret.reveal(), core.options.iterations);
    if (!fresh_check) return fresh_check.error();

    Encrypted known;
    const EncryptOne one = [&](const store::SecretRow& row) {
        return core.under(*fresh_secret, row);
    };
    for (int attempt = 1;; ++attempt) {
        const bool last = attempt == kMaxAttempts;
        // Deriving takes seconds for many records, and nobody else can write during a transaction.
        const auto rows = store::query(
            core.store, [](const store::Snapshot& snapshot) { return snapshot.secrets().all(); });
        if (!rows) return rows.error();
        const Result<void> encrypted = encrypt(*rows, known, one);
        if (!encrypted) return encrypted.error();

        const auto replaced =
            store::transact(core.store, [&](store::Transaction& t) -> Result<std::size_t> {
                const Result<void> same_secret = Core::still(t, *old_check);
                if (!same_secret) return same_secret.error();
                auto count = replace_all(
                    t, known, one,
                    last ? std::numeric_limits<std::size_t>::max() : kMaxWithinTransaction);
                if (!count) return count;
                const Result<void> put = t.meta().put(kCheckKey, *fresh_check);
                if (!put) return put.error();
                t.touch(store::Topic::secrets);
                audit::Record record = core.changed("rekeyed", actor);
                record.details["records"] = *count;
                const Result<void> audited = audit::append(t, record);
                if (!audited) return audited.error();
                return count;
            });
        if (replaced) {
            const std::lock_guard lock(core.mutex);
            core.secret_bytes = fresh_secret;
            core.verified_check = *fresh_check;
            return replaced;
        }
        if (last || replaced.error().code != Errc::conflict) return replaced;
    }
}

}  // namespace kimbap::vault
