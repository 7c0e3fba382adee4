#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "vault/locked_memory.hpp"

namespace kimbap::vault {

class Vault;

/// One of kimbap's own keys (Vault::internal_key), kept in locked memory once it was opened: the
/// first use blocks on a key derivation and maybe a write, each further one takes microseconds.
/// Thread-safe.
class CachedKey {
public:
    /// `vault` outlives it. `name` and `size` as Vault::internal_key() takes them.
    CachedKey(Vault& vault, std::string name, std::size_t size);
    ~CachedKey();

    /// The key, where it lives.
    [[nodiscard]] Result<std::shared_ptr<const LockedBytes>> get() const;
    /// A copy, for modules that don't know this one.
    [[nodiscard]] Result<Secret> copy() const;

private:
    Vault& vault_;
    std::string name_;
    std::size_t size_;
    mutable LockedArena arena_;
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const LockedBytes> key_;
};

}  // namespace kimbap::vault
