#include "vault/vault_secret.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/temp_folder.hpp"

namespace kimbap::vault {
namespace {

class VaultSecretFile : public testing::Test {
protected:
    std::string write(const std::string& content, mode_t mode = 0600) {
        const std::string path = folder_ / "vault.secret";
        std::ofstream(path) << content;
        ::chmod(path.c_str(), mode);
        return path;
    }
    test::TempFolder folder_;
};

TEST_F(VaultSecretFile, ReadsWithoutTheLineBreak) {
    for (const char* ending : {"", "\n", "\r\n"}) {
        const auto secret =
            read_vault_secret_file(write(std::string("correct horse battery") + ending));
        ASSERT_TRUE(secret) << secret.error().message;
        EXPECT_EQ(secret->reveal(), "correct horse battery");
    }
    // Only one is stripped: the rest is the secret's own.
    EXPECT_EQ(read_vault_secret_file(write("correct horse battery\n\n"))->reveal(),
              "correct horse battery\n");
}

TEST_F(VaultSecretFile, RefusesWhatOthersCanUse) {
    for (const mode_t mode : {0640, 0604, 0660, 0644, 0610}) {
        const std::string path = write("correct horse battery", mode);
        const auto secret = read_vault_secret_file(path);
        ASSERT_FALSE(secret) << std::oct << mode;
        EXPECT_EQ(secret.error().code, Errc::invalid_config);
        EXPECT_NE(secret.error().message.find("chmod 600 " + path), std::string::npos);
    }
    EXPECT_TRUE(read_vault_secret_file(write("correct horse battery", 0400)));
}

TEST_F(VaultSecretFile, RefusesWrongLengths) {
    for (const std::string& content :
         {std::string(), std::string("\n"), std::string(15, 'x'), std::string(1025, 'x')}) {
        const auto secret = read_vault_secret_file(write(content));
        ASSERT_FALSE(secret) << content.size();
        EXPECT_EQ(secret.error().code, Errc::invalid_config);
        EXPECT_EQ(secret.error().message.find("xxxx"), std::string::npos);
    }
    EXPECT_TRUE(read_vault_secret_file(write(std::string(16, 'x'))));
    EXPECT_TRUE(read_vault_secret_file(write(std::string(1024, 'x') + "\n")));
}

TEST_F(VaultSecretFile, SaysWhatToDoAboutAMissingOne) {
    const auto missing = read_vault_secret_file(folder_ / "none");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::invalid_config);
    EXPECT_NE(missing.error().message.find("kimbap init"), std::string::npos);
    EXPECT_FALSE(read_vault_secret_file(folder_.path()));
    EXPECT_FALSE(load_vault_secret(""));
}

TEST_F(VaultSecretFile, TheEnvironmentGoesFirstAndForgets) {
    const std::string path = write("the secret in the file");
    ::setenv(kVaultSecretVariable, "the secret of the environment", 1);
    const char* const memory = std::getenv(kVaultSecretVariable);
    const auto secret = load_vault_secret(path);
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->secret.reveal(), "the secret of the environment");
    EXPECT_EQ(secret->facts.source, SecretSource::environment);
    EXPECT_EQ(std::getenv(kVaultSecretVariable), nullptr);
    // The bytes are gone as well, which /proc/PID/environ would show.
    EXPECT_EQ(memory[0], '\0');
    EXPECT_EQ(load_vault_secret(path)->secret.reveal(), "the secret in the file");

    ::setenv(kVaultSecretVariable, "short", 1);
    EXPECT_EQ(load_vault_secret(path).error().code, Errc::invalid_config);
    EXPECT_EQ(std::getenv(kVaultSecretVariable), nullptr);
}

TEST_F(VaultSecretFile, ACredentialOfSystemdGoesBeforeTheFile) {
    const std::string path = write("the secret in the file");
    std::filesystem::create_directory(folder_ / "credentials");
    ::setenv("CREDENTIALS_DIRECTORY", std::string(folder_ / "credentials").c_str(), 1);
    EXPECT_EQ(load_vault_secret(path)->facts.source, SecretSource::file);
    const std::string credential = folder_ / "credentials/vault.secret";
    std::ofstream(credential) << "the secret of the unit\n";
    // As systemd shows a file that an access control list opens for the service's user.
    ::chmod(credential.c_str(), 0440);
    const auto secret = load_vault_secret(path);
    ASSERT_TRUE(secret) << secret.error().message;
    EXPECT_EQ(secret->secret.reveal(), "the secret of the unit");
    EXPECT_EQ(secret->facts.source, SecretSource::credential);
    EXPECT_EQ(secret->facts.place, credential);
    ::chmod(credential.c_str(), 0640);
    std::ofstream(credential) << "short";
    ::chmod(credential.c_str(), 0440);
    EXPECT_FALSE(load_vault_secret(path)) << "a credential that is no good is not passed over";
    ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(VaultSecret, GeneratedOnesAreRecognised) {
    const Secret a = generate_vault_secret();
    const Secret b = generate_vault_secret();
    EXPECT_EQ(a.size(), 48U);
    EXPECT_TRUE(a.reveal().starts_with("kbv1_"));
    EXPECT_TRUE(is_generated(a.reveal()));
    EXPECT_NE(a.reveal(), b.reveal());
    EXPECT_FALSE(is_generated("kbv1_tooshort"));
    EXPECT_FALSE(is_generated("kbv1_" + std::string(42, 'a') + " "));
    EXPECT_FALSE(is_generated("kbv2_" + std::string(43, 'a')));
    EXPECT_FALSE(is_generated("kbv1_" + std::string(44, 'a')));
}

}  // namespace
}  // namespace kimbap::vault
