#include "vault/checkpoint_signer.hpp"

#include "base/ed25519.hpp"
#include "vault/vault.hpp"

namespace kimbap::vault {

namespace {
constexpr std::string_view kKeyName = "checkpoint";
}

Result<std::string> VaultCheckpointSigner::public_key() {
    const auto seed = vault_.internal_key(kKeyName, kEd25519KeySize);
    if (!seed) return seed.error();
    return ed25519_public_key(seed->reveal());
}

Result<std::string> VaultCheckpointSigner::sign(std::string_view message) {
    const auto seed = vault_.internal_key(kKeyName, kEd25519KeySize);
    if (!seed) return seed.error();
    return ed25519_sign(seed->reveal(), message);
}

}  // namespace kimbap::vault
