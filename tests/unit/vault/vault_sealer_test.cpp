#include "vault/vault_sealer.hpp"

#include <gtest/gtest.h>

#include "store/store.hpp"
#include "support/manual_clock.hpp"
#include "unit/store/open_store.hpp"
#include "vault/vault.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {
namespace {

class Sealing : public testing::Test {
protected:
    test::StoreFixture fixture_;
    test::ManualClock clock_;
    Secret secret_ = generate_vault_secret();
    Vault vault_{*fixture_.store, clock_, secret_, {kMinIterations}};
    VaultSealer sealer_{vault_};
};

TEST_F(Sealing, OpensInItsContextAlone) {
    ASSERT_TRUE(sealer_.warm());
    const std::string plain = "{\"amount\":1}";
    const std::string sealed = sealer_.seal(plain, "apr_1").value();
    EXPECT_EQ(sealed.find("amount"), std::string::npos);
    EXPECT_EQ(sealer_.unseal(sealed, "apr_1").value(), plain);
    EXPECT_EQ(sealer_.unseal(sealed, "apr_2").error().code, Errc::corrupt);
    EXPECT_NE(sealer_.seal(plain, "apr_1").value(), sealed);
    EXPECT_EQ(sealer_.unseal(sealer_.seal("", "c").value(), "c").value(), "");
}

TEST_F(Sealing, EveryBitCounts) {
    const std::string sealed = sealer_.seal("plain", "c").value();
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string changed = sealed;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_EQ(sealer_.unseal(changed, "c").error().code, Errc::corrupt) << bit;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(sealer_.unseal(sealed.substr(0, size), "c"));
    }
    EXPECT_FALSE(sealer_.unseal(sealed + "x", "c"));
}

TEST_F(Sealing, SurvivesARestartAndARekey) {
    const std::string sealed = sealer_.seal("plain", "c").value();
    const Secret next = generate_vault_secret();
    ASSERT_TRUE(vault_.rekey(next, "alice"));
    Vault later(*fixture_.store, clock_, next, {kMinIterations});
    const VaultSealer again(later);
    EXPECT_EQ(again.unseal(sealed, "c").value(), "plain");
}

TEST_F(Sealing, FailsUnderAWrongVaultSecret) {
    ASSERT_TRUE(sealer_.warm());
    Vault wrong(*fixture_.store, clock_, generate_vault_secret(), {kMinIterations});
    const VaultSealer other(wrong);
    EXPECT_EQ(other.warm().error().code, Errc::invalid_config);
    EXPECT_FALSE(other.seal("x", "c"));
}

}  // namespace
}  // namespace kimbap::vault
