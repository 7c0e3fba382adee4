#include "vault/secret_check.hpp"

#include <gtest/gtest.h>

#include "vault/key_derivation.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {
namespace {

const std::string kHuman = "correct horse battery staple";

TEST(SecretCheck, GeneratedSecretsAreCheckedAtOnce) {
    const Secret secret = generate_vault_secret();
    const std::string check = make_check(secret.reveal(), kMinIterations).value();
    EXPECT_TRUE(check.starts_with("hmac-sha256:"));
    EXPECT_TRUE(is_instant(check, secret.reveal()));
    EXPECT_TRUE(verify_check(check, secret.reveal()));
    for (const std::string& wrong : {std::string(generate_vault_secret().reveal()), kHuman}) {
        EXPECT_TRUE(is_instant(check, wrong));
        const auto verified = verify_check(check, wrong);
        ASSERT_FALSE(verified);
        EXPECT_EQ(verified.error().code, Errc::invalid_config);
    }
}

TEST(SecretCheck, OthersCostAKeyDerivation) {
    const std::string check = make_check(kHuman, kMinIterations).value();
    EXPECT_TRUE(check.starts_with("pbkdf2-sha256:100000:"));
    EXPECT_FALSE(is_instant(check, kHuman));
    EXPECT_TRUE(verify_check(check, kHuman));
    EXPECT_EQ(verify_check(check, kHuman + "!").error().code, Errc::invalid_config);
    const Secret generated = generate_vault_secret();
    EXPECT_TRUE(is_instant(check, generated.reveal()));
    EXPECT_EQ(verify_check(check, generated.reveal()).error().code, Errc::invalid_config);
}

TEST(SecretCheck, DiffersEachTime) {
    const Secret secret = generate_vault_secret();
    EXPECT_NE(make_check(secret.reveal(), kMinIterations).value(),
              make_check(secret.reveal(), kMinIterations).value());
}

TEST(SecretCheck, DamagedValuesAreCorrupt) {
    const Secret secret = generate_vault_secret();
    const std::string check = make_check(secret.reveal(), kMinIterations).value();
    for (const std::string& damaged :
         {std::string(), std::string("hmac-sha256"), check.substr(0, check.size() - 1), check + ":",
          "x" + check,
          std::string("pbkdf2-sha256:1:AAAAAAAAAAAAAAAAAAAAAA:") + std::string(43, 'A'),
          std::string("pbkdf2-sha256:99999999999999999999:AAAAAAAAAAAAAAAAAAAAAA:") +
              std::string(43, 'A')}) {
        const auto verified = verify_check(damaged, secret.reveal());
        ASSERT_FALSE(verified) << damaged;
        EXPECT_EQ(verified.error().code, Errc::corrupt) << damaged;
    }
}

}  // namespace
}  // namespace kimbap::vault
