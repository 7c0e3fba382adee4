#pragma once

#include "audit/checkpoint.hpp"

namespace kimbap::vault {

class Vault;

/// Signs heads of the audit log with an Ed25519 key (RFC 8032) that the vault keeps. Blocking.
class VaultCheckpointSigner final : public audit::CheckpointSigner {
public:
    /// `vault` outlives the signer.
    explicit VaultCheckpointSigner(Vault& vault) : vault_(vault) {}

    [[nodiscard]] Result<std::string> public_key() override;
    [[nodiscard]] Result<std::string> sign(std::string_view message) override;

private:
    Vault& vault_;
};

}  // namespace kimbap::vault
