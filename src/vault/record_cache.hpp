#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "store/secret_store.hpp"
#include "vault/locked_memory.hpp"

namespace kimbap::vault {

/// A record with the key that opens it, as it stood at one version of the store's secrets.
struct OpenRecord {
    store::SecretRow row;
    std::string associated_data;
    std::shared_ptr<const LockedBytes> key;
    std::uint64_t version = 0;  ///< Of Topic::secrets, loaded before the row was read.

    [[nodiscard]] Result<Secret> open() const;
};
using OpenRecordPtr = std::shared_ptr<const OpenRecord>;

/// Records by name, so that opening one again needs neither the store nor a key derivation. Holds
/// no plaintext. Bounded: the least used make room. Thread-safe.
class RecordCache {
public:
    explicit RecordCache(std::size_t capacity) : capacity_(capacity) {}

    /// Null where none is known. It may be out of date: compare its version.
    [[nodiscard]] OpenRecordPtr find(std::string_view name) const;
    void put(OpenRecordPtr record);
    void erase(std::string_view name);
    void clear();
    [[nodiscard]] std::size_t size() const;

private:
    struct Entry {
        OpenRecordPtr record;
        /// Second-chance eviction: set on use, cleared when passed over.
        mutable std::atomic<bool> used{true};
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const noexcept {
            return std::hash<std::string_view>{}(name);
        }
    };
    void make_room();

    std::size_t capacity_;
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
};

}  // namespace kimbap::vault
