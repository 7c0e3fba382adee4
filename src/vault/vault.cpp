#include "vault/vault.hpp"

#include <algorithm>
#include <utility>

#include "audit/writer.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "store/store.hpp"
#include "vault/secret_check.hpp"
#include "vault/vault_core.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {

namespace {

bool is_internal(std::string_view ref) {
    return ref.starts_with(kInternalPrefix);
}

}  // namespace

Vault::Vault(store::Store& store, const Clock& clock, const Secret& vault_secret,
             VaultOptions options)
    : core_(std::make_unique<Core>(store, clock, vault_secret, options)) {}

Vault::~Vault() = default;

bool Vault::check_is_instant() const {
    const auto stored = core_->stored_check();
    if (!stored) return true;  // check() fails as fast
    const std::shared_ptr<const LockedBytes> secret = core_->secret();
    if (*stored) return is_instant(**stored, secret->reveal());
    // The first check of all makes the value, and opens a record where there is one.
    const auto records = store::query(
        core_->store, [](const store::Snapshot& snapshot) { return snapshot.secrets().list(); });
    return is_generated(secret->reveal()) && (!records || records->empty());
}

Result<void> Vault::check() {
    return core_->check();
}

std::optional<Result<Secret>> Vault::try_open(std::string_view ref) const {
    // No manifest may name kimbap's own records as its credential.
    if (is_internal(ref)) return std::nullopt;
    const OpenRecordPtr record = core_->current(ref);
    if (!record) return std::nullopt;
    return record->open();
}

Task<Result<Secret>> Vault::open(std::string ref, async::WorkerPool& workers) const {
    if (is_internal(ref)) co_return no_such_secret(ref);
    auto fetching = core_->fetch(std::move(ref), workers);
    const Result<OpenRecordPtr> record = co_await std::move(fetching);
    if (!record) co_return record.error();
    co_return (*record)->open();
}

Result<Secret> Vault::open_blocking(std::string_view ref) const {
    if (is_internal(ref)) return no_such_secret(ref);
    const Result<OpenRecordPtr> record = core_->fetch_blocking(ref);
    if (!record) return record.error();
    return (*record)->open();
}

Result<void> Vault::set(std::string_view ref, const Secret& value, std::string_view actor) {
    const Result<void> named = check_name(ref);
    if (!named) return named;
    const Result<void> sized = check_value(value.reveal());
    if (!sized) return sized;
    return core_->write(ref, value.reveal(), Core::Mode::set, actor);
}

Result<void> Vault::rotate(std::string_view ref, const Secret& value, std::string_view actor) {
    const Result<void> named = check_name(ref);
    if (!named) return named;
    const Result<void> sized = check_value(value.reveal());
    if (!sized) return sized;
    return core_->write(ref, value.reveal(), Core::Mode::rotate, actor);
}

Result<void> Vault::remove(std::string_view ref, std::string_view actor) {
    const Result<void> named = check_name(ref);
    if (!named) return named;
    const auto check = core_->verified();
    if (!check) return check.error();
    audit::Record record = core_->changed("removed", actor);
    record.details["secret"] = ref;
    return store::write_blocking(
        core_->store,
        [name = std::string(ref), record, check = *check](store::Transaction& t) -> Result<void> {
            const Result<void> same_secret = Core::still(t, check);
            if (!same_secret) return same_secret;
            const Result<void> removed = t.secrets().remove(name);
            if (!removed) return removed;
            return audit::append(t, record);
        });
}

Result<std::vector<store::SecretInfo>> Vault::list() const {
    auto rows = store::query(
        core_->store, [](const store::Snapshot& snapshot) { return snapshot.secrets().list(); });
    if (!rows) return rows.error();
    std::erase_if(*rows, [](const store::SecretInfo& row) { return is_internal(row.name); });
    std::sort(rows->begin(), rows->end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return rows;
}

Result<Secret> Vault::internal_key(std::string_view name, std::size_t size) {
    const std::string full = std::string(kInternalPrefix) + std::string(name);
    const auto read = [&]() -> Result<std::optional<Secret>> {
        auto row = store::query(core_->store, [&](const store::Snapshot& snapshot) {
            return snapshot.secrets().find(full);
        });
        if (!row) return row.error();
        if (!*row) return std::optional<Secret>();
        // Past the cache, from which credentials are served.
        OpenRecord record = Core::unopened(std::move(**row), 0);
        const Result<void> derived = core_->derive_for(record);
        if (!derived) return derived.error();
        auto key = open_record(record.row, KeyView(record.key->bytes()));
        if (!key) return core_->explain(key.error());
        return std::optional<Secret>(std::move(*key));
    };
    auto known = read();
    if (!known) return known.error();
    if (!*known) {
        std::string bytes = random_bytes(size);
        const Secret fresh = Secret::take(bytes);
        const Result<void> created =
            core_->write(full, fresh.reveal(), Core::Mode::create, "kimbap");
        if (!created) return created.error();
        known = read();  // Another process may have been first.
        if (!known) return known.error();
    }
    if (!*known || (**known).size() != size) {
        return make_error(Errc::corrupt, "kimbap's own key " + full + " is damaged");
    }
    return std::move(**known);
}

Protection Vault::protection() const noexcept {
    return core_->arena.protection();
}

std::uint64_t Vault::derivations() const noexcept {
    return core_->derivations.load(std::memory_order_relaxed);
}

}  // namespace kimbap::vault
