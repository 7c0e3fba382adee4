#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "audit/writer.hpp"
#include "store/store.hpp"
#include "vault/secret_check.hpp"
#include "vault/vault_core.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {

namespace {

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

bool same_records(const std::vector<store::SecretRow>& a, const std::vector<store::SecretRow>& b) {
    // A nonce is never used twice: equal nonces are equal records.
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.name == y.name && x.version == y.version && x.nonce == y.nonce;
    });
}

Result<void> replace_all(store::Transaction& t, const std::vector<store::SecretRow>& before,
                         const std::vector<store::SecretRow>& after, const std::string& check) {
    const auto now = t.secrets().all();
    if (!now) return now.error();
    if (!same_records(*now, before)) {
        return make_error(Errc::conflict, "the vault changed while it was rekeyed (try again)");
    }
    for (const store::SecretRow& row : after) {
        const Result<void> put = t.secrets().put(row);
        if (!put) return put;
    }
    t.touch(store::Topic::secrets);
    return t.meta().put(kCheckKey, check);
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

    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        const auto before = store::query(
            core.store, [](const store::Snapshot& snapshot) { return snapshot.secrets().all(); });
        if (!before) return before.error();
        // Deriving takes seconds for many records: done before the transaction, which then only
        // makes sure that nothing changed meanwhile.
        std::vector<store::SecretRow> after(before->size());
        const Result<void> encrypted = for_each_parallel(before->size(), [&](std::size_t i) {
            const store::SecretRow& row = (*before)[i];
            const Result<void> sane = check_iterations(row);
            if (!sane) return sane;
            const auto key = core.derive(*core.secret(), salt_of(row), row.iterations);
            if (!key) return Result<void>(key.error());
            const auto value = open_record(row, KeyView((*key)->bytes()));
            if (!value) return Result<void>(value.error());
            auto made = core.make_record(*fresh_secret, row.name, row.version, value->reveal());
            if (!made) return Result<void>(made.error());
            made->created_at = row.created_at;
            made->updated_at = row.updated_at;
            after[i] = std::move(*made);
            return Result<void>();
        });
        if (!encrypted) return encrypted.error();

        audit::Record record = core.changed("rekeyed", actor);
        record.details["records"] = before->size();
        const Result<void> written = store::write_blocking(
            core.store,
            [before = *before, after = std::move(after), record, old = *old_check,
             fresh = *fresh_check](store::Transaction& t) -> Result<void> {
                const Result<void> same_secret = Core::still(t, old);
                if (!same_secret) return same_secret;
                const Result<void> replaced = replace_all(t, before, after, fresh);
                if (!replaced) return replaced;
                return audit::append(t, record);
            });
        if (written) {
            const std::lock_guard lock(core.mutex);
            core.secret_bytes = fresh_secret;
            core.verified_check = *fresh_check;
            return before->size();
        }
        if (written.error().code != Errc::conflict) return written.error();
    }
    return make_error(Errc::conflict, "the vault is being changed all the time (try again)");
}

}  // namespace kimbap::vault
