#include "vault/vault_sealer.hpp"

#include <algorithm>
#include <utility>

#include "vault/aead.hpp"
#include "vault/vault.hpp"

namespace kimbap::vault {

namespace {

constexpr std::string_view kKeyName = "sealer";
constexpr std::size_t kKeyBytes = 32;
constexpr char kFormat = 1;

std::string bound_to(std::string_view context) {
    return "kimbap sealed v1\n" + std::string(context);
}

Error damaged() {
    return make_error(Errc::corrupt, "what was stored sealed was changed or damaged");
}

}  // namespace

VaultSealer::VaultSealer(Vault& vault) : vault_(vault), arena_(kKeyBytes) {}

VaultSealer::~VaultSealer() = default;

Result<void> VaultSealer::warm() const {
    const auto ready = key();
    if (!ready) return ready.error();
    return {};
}

Result<std::shared_ptr<const LockedBytes>> VaultSealer::key() const {
    // Held while deriving: whoever else needs the key at that moment would only derive it again.
    const std::lock_guard lock(mutex_);
    if (key_) return key_;
    const auto made = vault_.internal_key(kKeyName, kKeyBytes);
    if (!made) return made.error();
    Result<LockedBytes> stored = arena_.store(made->reveal());
    if (!stored) return stored.error();
    key_ = std::make_shared<const LockedBytes>(std::move(*stored));
    return key_;
}

Result<std::string> VaultSealer::seal(std::string_view plain, std::string_view context) const {
    const auto key_bytes = key();
    if (!key_bytes) return key_bytes.error();
    const auto sealed = encrypt(KeyView((*key_bytes)->bytes()), plain, bound_to(context));
    if (!sealed) return sealed.error();
    std::string out(1, kFormat);
    out.reserve(1 + sealed->nonce.size() + sealed->ciphertext.size() + sealed->tag.size());
    out.append(sealed->nonce.begin(), sealed->nonce.end());
    out.append(sealed->ciphertext);
    out.append(sealed->tag.begin(), sealed->tag.end());
    return out;
}

Result<std::string> VaultSealer::unseal(std::string_view sealed, std::string_view context) const {
    Nonce nonce{};
    Tag tag{};
    if (sealed.size() < 1 + nonce.size() + tag.size() || sealed.front() != kFormat) {
        return damaged();
    }
    const auto key_bytes = key();
    if (!key_bytes) return key_bytes.error();
    sealed.remove_prefix(1);
    std::copy_n(sealed.begin(), nonce.size(), nonce.begin());
    sealed.remove_prefix(nonce.size());
    const std::string_view ending = sealed.substr(sealed.size() - tag.size());
    std::copy(ending.begin(), ending.end(), tag.begin());
    sealed.remove_suffix(tag.size());
    const auto plain =
        decrypt(KeyView((*key_bytes)->bytes()), nonce, sealed, tag, bound_to(context));
    if (!plain) return plain.error().code == Errc::corrupt ? damaged() : plain.error();
    return std::string(plain->reveal());
}

}  // namespace kimbap::vault
