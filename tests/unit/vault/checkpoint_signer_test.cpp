#include "vault/checkpoint_signer.hpp"

#include <gtest/gtest.h>

#include "base/ed25519.hpp"
#include "store/store.hpp"
#include "support/manual_clock.hpp"
#include "unit/store/open_store.hpp"
#include "vault/vault.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {
namespace {

TEST(CheckpointSigner, SignsWithOneLastingKey) {
    const test::StoreFixture fixture;
    const test::ManualClock clock;
    const Secret secret = generate_vault_secret();
    Vault vault(*fixture.store, clock, secret, {kMinIterations});
    VaultCheckpointSigner signer(vault);
    const std::string key = signer.public_key().value();
    const std::string signature = signer.sign("head").value();
    EXPECT_TRUE(ed25519_verify(key, "head", signature));
    EXPECT_FALSE(ed25519_verify(key, "tail", signature));
    Vault later(*fixture.store, clock, secret, {kMinIterations});
    EXPECT_EQ(VaultCheckpointSigner(later).public_key().value(), key);
}

}  // namespace
}  // namespace kimbap::vault
