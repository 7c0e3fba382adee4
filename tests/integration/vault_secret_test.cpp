#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/terminal.hpp"

namespace kimbap::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kTyped = "typed by a person, long enough";

Terminal on_terminal(const Installation& kimbap, std::vector<std::string> answers) {
    for (std::string& answer : answers) answer += '\n';
    return on_terminal(kimbap, {"vault", "list"}, ": ", answers);
}

TEST(VaultSecret, IsAskedForOnATerminalAndNotShown) {
    Installation kimbap;
    fs::remove(kimbap.path("vault.secret"));
    const Terminal differing = on_terminal(kimbap, {kTyped, "something else, long enough"});
    EXPECT_EQ(differing.code, 5);
    EXPECT_THAT(differing.shown, HasSubstr("differ"));
    const Terminal first = on_terminal(kimbap, {kTyped, kTyped});
    EXPECT_EQ(first.code, 0) << first.shown;
    EXPECT_THAT(first.shown, AllOf(HasSubstr("not shown"), Not(HasSubstr("typed by"))));
    // Once there is a vault, one answer does, and it must be the right one.
    EXPECT_EQ(on_terminal(kimbap, {kTyped}).code, 0);
    EXPECT_EQ(on_terminal(kimbap, {"something else, long enough"}).code, 5);
    EXPECT_EQ(on_terminal(kimbap, {"short"}).code, 5);
    // Without a terminal nobody is asked.
    const Ran alone = kimbap.kimbap({"vault", "list"});
    EXPECT_EQ(alone.code, 5);
    EXPECT_THAT(alone.err, HasSubstr("KIMBAP_VAULT_SECRET"));
}

TEST(VaultSecret, ComesFromSystemdOrTheEnvironmentBeforeTheFile) {
    Installation kimbap;
    kimbap.must({"vault", "list"});
    kimbap.write("credentials/vault.secret", kimbap.read("vault.secret"));
    kimbap.write("vault.secret", "another secret, not the vault's\n");
    fs::permissions(kimbap.path("vault.secret"), fs::perms::owner_read);
    EXPECT_EQ(kimbap.kimbap({"vault", "list"}).code, 5);
    kimbap.environment["CREDENTIALS_DIRECTORY"] = kimbap.path("credentials");
    EXPECT_EQ(kimbap.kimbap({"vault", "list"}).code, 0);
    kimbap.environment["KIMBAP_VAULT_SECRET"] = "a third one, which is wrong too";
    EXPECT_EQ(kimbap.kimbap({"vault", "list"}).code, 5);
}

TEST(VaultSecret, RekeyingLeavesTheFileAloneWhereTheSecretIsElsewhere) {
    Installation kimbap;
    kimbap.must({"vault", "set", "a.token"}, "value");
    const std::string old = kimbap.read("vault.secret");
    kimbap.environment["KIMBAP_VAULT_SECRET"] = old.substr(0, old.find('\n'));
    kimbap.write("vault.secret", "not the vault's, but somebody's\n");

    const Ran nowhere = kimbap.kimbap({"vault", "rekey"});
    EXPECT_EQ(nowhere.code, 2);
    EXPECT_THAT(nowhere.err, AllOf(HasSubstr("KIMBAP_VAULT_SECRET"), HasSubstr("--file")));
    EXPECT_EQ(kimbap.kimbap({"vault", "list"}).code, 0);  // under the old one still

    kimbap.write("next.secret", "the next vault secret, made for this test only\n");
    fs::permissions(kimbap.path("next.secret"), fs::perms::owner_read | fs::perms::owner_write);
    const std::string said = kimbap.must({"vault", "rekey", "--file", "next.secret"});
    EXPECT_THAT(said, AllOf(HasSubstr("KIMBAP_VAULT_SECRET"), HasSubstr("next.secret")));
    EXPECT_EQ(kimbap.read("vault.secret"), "not the vault's, but somebody's\n");
    EXPECT_FALSE(fs::exists(kimbap.path("vault.secret.new")));
    EXPECT_EQ(kimbap.kimbap({"vault", "list"}).code, 5);
    kimbap.environment["KIMBAP_VAULT_SECRET"] = "the next vault secret, made for this test only";
    EXPECT_THAT(kimbap.must({"vault", "list"}), HasSubstr("a.token"));
}

std::string findings(const Installation& kimbap) {
    const Ran ran = kimbap.kimbap({"doctor", "--offline"});
    return ran.out + ran.err;
}

TEST(VaultSecret, TheDoctorWarnsOfWeakOnesAndOpenFiles) {
    Installation kimbap;
    kimbap.policy("all", kShopPolicy);
    EXPECT_THAT(findings(kimbap),
                AllOf(Not(HasSubstr("made by hand")), HasSubstr("nobody else can")));

    Installation brief("");
    brief.write("vault.secret", "sixteen bytes ok\n");
    fs::permissions(brief.path("vault.secret"), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_THAT(findings(brief), AllOf(HasSubstr("16 bytes"), HasSubstr("kimbap vault rekey")));

    fs::permissions(kimbap.path("policy/all.yaml"), fs::perms::others_write, fs::perm_options::add);
    fs::permissions(kimbap.path("manifests"), fs::perms::group_write, fs::perm_options::add);
    EXPECT_THAT(findings(kimbap), AllOf(HasSubstr("(chmod go-w policy/all.yaml)"),
                                        HasSubstr("manifests can be written by other users")));
    fs::permissions(kimbap.path("data"), fs::perms::others_read, fs::perm_options::add);
    const Ran open = kimbap.kimbap({"doctor", "--offline"});
    EXPECT_EQ(open.code, 5);
    EXPECT_THAT(open.out, HasSubstr("data is open to other users (chmod 700"));

    kimbap.environment["KIMBAP_VAULT_SECRET"] = "correct horse battery staple, and then some";
    EXPECT_THAT(findings(kimbap), HasSubstr("was in the environment"));
    kimbap.environment.clear();
    kimbap.environment["KIMBAP_VAULT_SECRET_FILE"] = "data/vault.secret";
    fs::copy_file(kimbap.path("vault.secret"), kimbap.path("data/vault.secret"));
    EXPECT_THAT(findings(kimbap), HasSubstr("lies in the data directory"));
}

}  // namespace
}  // namespace kimbap::test
