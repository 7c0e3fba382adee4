#include "vault/vault_sealer.hpp"

#include <algorithm>
#include <utility>

#include "vault/aead.hpp"

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

VaultSealer::VaultSealer(Vault& vault) : key_(vault, std::string(kKeyName), kKeyBytes) {}

VaultSealer::~VaultSealer() = default;

Result<void> VaultSealer::warm() const {
    const auto ready = key_.get();
    if (!ready) return ready.error();
    return {};
}

Result<std::string> VaultSealer::seal(std::string_view plain, std::string_view context) const {
    const auto key_bytes = key_.get();
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
    const auto key_bytes = key_.get();
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
