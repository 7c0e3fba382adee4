#include "vault/cached_key.hpp"

#include <utility>

#include "vault/vault.hpp"

namespace kimbap::vault {

CachedKey::CachedKey(Vault& vault, std::string name, std::size_t size)
    : vault_(vault), name_(std::move(name)), size_(size), arena_(size) {}

CachedKey::~CachedKey() = default;

Result<std::shared_ptr<const LockedBytes>> CachedKey::get() const {
    // Held while deriving: whoever else needs the key at that moment would only derive it again.
    const std::lock_guard lock(mutex_);
    if (key_) return key_;
    const auto made = vault_.internal_key(name_, size_);
    if (!made) return made.error();
    Result<LockedBytes> stored = arena_.store(made->reveal());
    if (!stored) return stored.error();
    key_ = std::make_shared<const LockedBytes>(std::move(*stored));
    return key_;
}

Result<Secret> CachedKey::copy() const {
    const auto key = get();
    if (!key) return key.error();
    return Secret((*key)->reveal());
}

}  // namespace kimbap::vault
