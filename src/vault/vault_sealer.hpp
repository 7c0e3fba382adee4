#pragma once

#include "base/sealer.hpp"
#include "vault/cached_key.hpp"

namespace kimbap::vault {

class Vault;

/// The Sealer: AES-256-GCM under an internal 256-bit key of the vault, the context as associated
/// data. Sealed bytes are: format (1), nonce (12), ciphertext, tag (16). They survive a rekey.
class VaultSealer final : public Sealer {
public:
    /// `vault` outlives the sealer.
    explicit VaultSealer(Vault& vault);
    ~VaultSealer() override;

    /// Loads, or at the very first creates, the key. Blocking: a key derivation and maybe a write.
    /// After it has succeeded seal() and unseal() take microseconds.
    [[nodiscard]] Result<void> warm() const;

    [[nodiscard]] Result<std::string> seal(std::string_view plain,
                                           std::string_view context) const override;
    [[nodiscard]] Result<std::string> unseal(std::string_view sealed,
                                             std::string_view context) const override;

private:
    CachedKey key_;
};

}  // namespace kimbap::vault
