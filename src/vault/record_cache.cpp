#include "vault/record_cache.hpp"

#include <mutex>
#include <utility>

#include "vault/aead.hpp"

namespace kimbap::vault {

Result<Secret> OpenRecord::open() const {
    return decrypt(KeyView(key->bytes()), row.nonce, row.ciphertext, row.tag, associated_data);
}

OpenRecordPtr RecordCache::find(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return nullptr;
    // Only written when it changes, so that the cache line stays shared between threads.
    if (!found->second.used.load(std::memory_order_relaxed)) {
        found->second.used.store(true, std::memory_order_relaxed);
    }
    return found->second.record;
}

void RecordCache::put(OpenRecordPtr record) {
    const std::unique_lock lock(mutex_);
    const auto known = entries_.find(record->row.name);
    if (known != entries_.end()) {
        // Two loads may end in either order: the newer one stays.
        if (known->second.record->version <= record->version) {
            known->second.record = std::move(record);
        }
        return;
    }
    if (entries_.size() >= capacity_) make_room();
    std::string name = record->row.name;
    entries_[std::move(name)].record = std::move(record);
}

void RecordCache::make_room() {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (!entry->second.used.exchange(false)) {
            entries_.erase(entry);
            return;
        }
    }
    entries_.erase(entries_.begin());
}

void RecordCache::erase(std::string_view name) {
    const std::unique_lock lock(mutex_);
    const auto known = entries_.find(name);
    if (known != entries_.end()) entries_.erase(known);
}

void RecordCache::clear() {
    const std::unique_lock lock(mutex_);
    entries_.clear();
}

std::size_t RecordCache::size() const {
    const std::shared_lock lock(mutex_);
    return entries_.size();
}

}  // namespace kimbap::vault
