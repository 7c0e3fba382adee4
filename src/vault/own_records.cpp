#include <algorithm>

#include "base/ids.hpp"
#include "store/store.hpp"
#include "vault/vault_core.hpp"

namespace kimbap::vault {

namespace {

std::string full_name(std::string_view name) {
    return std::string(kInternalPrefix) + std::string(name);
}

Result<Vault::OwnRecord> opened(const Result<OpenRecordPtr>& record) {
    if (!record) return record.error();
    auto value = (*record)->open();
    if (!value) return value.error();
    return Vault::OwnRecord{std::move(*value), (*record)->row.version};
}

}  // namespace

std::optional<Result<Vault::OwnRecord>> Vault::try_open_own(std::string_view name) const {
    OpenRecordPtr record = core_->current(full_name(name));
    if (!record) return std::nullopt;
    return opened(record);
}

Task<Result<Vault::OwnRecord>> Vault::open_own(std::string name, async::WorkerPool& workers) const {
    auto fetching = core_->fetch(full_name(name), workers);
    const Result<OpenRecordPtr> record = co_await std::move(fetching);
    co_return opened(record);
}

Result<Vault::OwnRecord> Vault::open_own_blocking(std::string_view name) const {
    return opened(core_->fetch_blocking(full_name(name)));
}

Result<std::int64_t> Vault::put_own(std::string_view name, const Secret& value,
                                    std::int64_t expected, const Also& also) {
    const Result<void> sized = check_value(value.reveal());
    if (!sized) return sized.error();
    const auto check = core_->verified();
    if (!check) return check.error();
    auto row = core_->reseal(full_name(name), expected + 1, value.reveal());
    if (!row) return row.error();
    return store::transact(core_->store,
                           [row = *row, expected, check = *check,
                            &also](store::Transaction& t) -> Result<std::int64_t> {
                               const Result<void> same_secret = Core::still(t, check);
                               if (!same_secret) return same_secret.error();
                               const auto now = t.secrets().find(row.name);
                               if (!now) return now.error();
                               if ((*now ? (*now)->version : 0) != expected) {
                                   return make_error(Errc::conflict,
                                                     "the record changed meanwhile (try again)");
                               }
                               store::SecretRow dated = row;
                               if (*now) dated.created_at = (*now)->created_at;
                               const Result<void> put = t.secrets().put(dated);
                               if (!put) return put.error();
                               const Result<void> added = also(t);
                               if (!added) return added.error();
                               return dated.version;
                           });
}

Result<void> Vault::remove_own(std::string_view name, const Also& also) {
    return store::write_blocking(
        core_->store, [name = full_name(name), &also](store::Transaction& t) -> Result<void> {
            const Result<void> removed = t.secrets().remove(name);
            if (!removed) return removed;
            return also(t);
        });
}

Result<std::vector<std::string>> Vault::list_own(std::string_view prefix) const {
    const auto rows = store::query(
        core_->store, [](const store::Snapshot& snapshot) { return snapshot.secrets().list(); });
    if (!rows) return rows.error();
    const std::string full = full_name(prefix);
    std::vector<std::string> out;
    for (const store::SecretInfo& row : *rows) {
        if (row.name.starts_with(full)) out.push_back(row.name.substr(kInternalPrefix.size()));
    }
    std::sort(out.begin(), out.end());
    return out;
}

Result<store::SecretRow> Vault::Core::reseal(const std::string& name, std::int64_t version,
                                             std::string_view value) {
    const OpenRecordPtr known = cache.find(name);
    Result<store::SecretRow> row = make_error(Errc::internal, "");
    if (known && known->key && known->row.iterations == options.iterations) {
        row = seal_record(name, version, options.iterations, known->row.salt,
                          KeyView(known->key->bytes()), value);
    } else {
        row = make_record(name, version, value);
    }
    if (!row) return row;
    row->created_at = row->updated_at = clock.now();
    return row;
}

}  // namespace kimbap::vault
