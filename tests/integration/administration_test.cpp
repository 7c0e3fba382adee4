#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"
#include "unit/net/support/certificates.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> words(std::string_view line) {
    const auto parts = split(line, ' ');
    return {parts.begin(), parts.end()};
}

TEST(Init, LaysOutAWorkingInstallationAndNeverOverwrites) {
    Installation empty;
    std::filesystem::create_directory(empty.path("fresh"));
    const std::string config = empty.path("fresh/kimbap.yaml");
    const std::string said = empty.must({"--config", config, "init"});
    EXPECT_THAT(said, AllOf(HasSubstr("mcpServers"), HasSubstr(config)));
    const auto secret = std::filesystem::status(empty.path("fresh/vault.secret")).permissions();
    EXPECT_EQ(secret, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto data = std::filesystem::status(empty.path("fresh/data")).permissions();
    EXPECT_EQ(data, std::filesystem::perms::owner_all);
    const Ran examined = empty.kimbap({"--config", config, "doctor"});
    EXPECT_EQ(examined.code, 0);
    EXPECT_THAT(examined.out, HasSubstr("made just now"));
    EXPECT_THAT(empty.must({"--config", config, "doctor"}), Not(HasSubstr("made just now")));
    EXPECT_EQ(empty.kimbap({"--config", config, "policy", "check"}).code, 0);

    // Where the environment says, as the commands after it.
    empty.environment["KIMBAP_CONFIG"] = empty.path("named/kb.yaml");
    empty.environment["KIMBAP_VAULT_SECRET_FILE"] = empty.path("named/key");
    empty.must({"init"});
    EXPECT_TRUE(std::filesystem::exists(empty.path("named/key")));
    EXPECT_EQ(empty.kimbap({"policy", "check"}).code, 0);
    empty.environment.clear();

    const std::string before = empty.read("fresh/vault.secret");
    const Ran again = empty.kimbap({"--config", config, "init"});
    EXPECT_NE(again.code, 0);
    EXPECT_THAT(again.err, HasSubstr("exists already"));
    EXPECT_EQ(empty.read("fresh/vault.secret"), before);
}

TEST(Configuration, FaultsNameFileLineAndTheNearestKey) {
    const struct {
        std::string text;
        std::string says;
    } rows[] = {
        {"data_dir: data\nvalut: {}\n", "kimbap.yaml:2:1"},
        {"data_dir: data\nvalut: {}\n", "did you mean \"vault\"?"},
        {"vault: {pbkdf2_iterations: 1000}\n", "100000"},
        {"vault: {pbkdf2_iterations: 50000000}\n", "kimbap.yaml:1:28: vault.pbkdf2_iterations"},
        {"vault: {pbkdf2_iterations: 50000000}\n", "10000000"},
        {"http: {anonymous_agent: bob, listen: \"0.0.0.0:0\"}\n", "loopback"},
        {"http: {listen: \"127.0.0.1.example.com:0\"}\n", "http.listen"},
        {"http: {listen: \"127.0.0.1:99999\"}\n", "http.listen"},
        {"http: {listen: \"127.0.0.1:abc\"}\n", "http.listen"},
        {"http: {listen: \"unix:\"}\n", "http.listen"},
        {"http: {public_url: \"https://\"}\n", "http.public_url"},
        {"http: {allowed_origins: [\"https://a.example\", \"*\", \"not one\"]}\n", "\"not one\""},
        {"http: {allowed_origins: [\"https://a.example/\"]}\n", "http.allowed_origins"},
        {"egress: {timeout: soon}\n", "egress.timeout"},
        {"a: [\n", "not valid YAML"},
    };
    Installation kimbap;
    for (const auto& row : rows) {
        kimbap.config(row.text);
        for (const char* command : {"serve", "mcp", "doctor"}) {
            const Ran ran = kimbap.kimbap({command});
            EXPECT_EQ(ran.code, 5) << command << row.text;
            EXPECT_THAT(ran.err + ran.out, HasSubstr(row.says)) << command;
        }
    }
}

TEST(Configuration, WhatAFlagSaysIsCheckedAsWhatTheFileSays) {
    Shop shop;
    Installation& kimbap = shop.kimbap;
    kimbap.config("http: {anonymous_agent: bob, listen: \"127.0.0.1:0\"}\npolicies: [policy]\n");
    for (const char* listen : {"0.0.0.0:0", "[::]:0"}) {
        EXPECT_EQ(kimbap.kimbap({"serve", "--listen", listen}).code, 5) << listen;
    }
    EXPECT_EQ(kimbap.kimbap({"serve", "--listen", "nowhere"}).code, 2);
    // It replaces what the others say, faults included.
    kimbap.config("http: {anonymous_agent: bob, listen: \"0.0.0.0:0\"}\npolicies: [policy]\n");
    kimbap.environment["KIMBAP_LISTEN"] = "garbage";
    const Serving serving(kimbap);  // with --listen 127.0.0.1:0
    EXPECT_EQ(http(serving.url(), "GET", "/healthz").status, 200);
}

TEST(Configuration, SectionsWithoutKeysSetNothing) {
    Shop shop;
    shop.kimbap.config(
        "policies: [policy]\nhttp:\nvault:\negress:\napprovals:\ntasks:\naudit:\nlog:\nstdio:\n");
    shop.kimbap.must({"service", "list"});
}

TEST(Configuration, TheEnvironmentOverridesTheFileAndFlagsBoth) {
    Shop shop;
    shop.kimbap.environment["KIMBAP_DATA_DIR"] = shop.kimbap.path("elsewhere");
    const Ran ran = shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"});
    EXPECT_EQ(ran.code, 1);  // its vault is empty
    EXPECT_TRUE(std::filesystem::exists(shop.kimbap.path("elsewhere/kimbap.db")));
    shop.kimbap.environment.clear();
    shop.kimbap.environment["KIMBAP_VAULT_SECRET"] = "another secret that is long enough to be one";
    EXPECT_EQ(shop.kimbap.kimbap({"vault", "list"}).code, 5);
}

TEST(Vault, AWrongSecretStopsTheStartWithExitFive) {
    Shop shop;
    shop.kimbap.write("vault.secret", "not the one that the vault was made with\n");
    std::filesystem::permissions(shop.kimbap.path("vault.secret"),
                                 std::filesystem::perms::owner_read);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"serve"},
          {"mcp"},
          {"vault", "list"},
          {"call", "shop.get-order", "--arg", "order=1"}}) {
        const Ran ran = shop.kimbap.kimbap(command);
        EXPECT_EQ(ran.code, 5) << command[0];
        EXPECT_THAT(ran.err, HasSubstr("wrong vault secret")) << command[0];
    }
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Vault, ASecretFileThatOthersCanReadIsRefused) {
    Shop shop;
    std::filesystem::permissions(shop.kimbap.path("vault.secret"), std::filesystem::perms(0644));
    const Ran ran = shop.kimbap.kimbap({"vault", "list"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_THAT(ran.err, HasSubstr("chmod 600"));
}

TEST(Vault, RotationReachesARunningServerAndRekeyingLosesNothing) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    EXPECT_FALSE(is_error(agent.call("shop_get-order", {{"order", "1"}})));
    shop.kimbap.must({"vault", "rotate", "shop.token"}, "a-new-token-4411");
    EXPECT_TRUE(is_error(agent.call("shop_get-order", {{"order", "1"}})));  // the shop's 401
    EXPECT_EQ(shop.upstream.requests().back().header("Authorization"), "Bearer a-new-token-4411");
    shop.kimbap.must({"vault", "rotate", "shop.token"}, kShopToken);
    EXPECT_FALSE(is_error(agent.call("shop_get-order", {{"order", "1"}})));
    EXPECT_EQ(serving.stop(), 0);

    const std::string before = shop.kimbap.read("vault.secret");
    shop.kimbap.must({"vault", "rekey"});
    EXPECT_NE(shop.kimbap.read("vault.secret"), before);
    EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
    shop.kimbap.write("next.secret", "the next vault secret, made for this test only\n");
    std::filesystem::permissions(shop.kimbap.path("next.secret"), std::filesystem::perms(0600));
    shop.kimbap.must({"vault", "rekey", "--file", "next.secret"});
    EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Vault, RekeyingWritesWhereALinkLeads) {
    Shop shop;
    const std::filesystem::path link = shop.kimbap.path("vault.secret");
    const std::filesystem::path keys = shop.kimbap.path("keys");
    std::filesystem::create_directory(keys);
    std::filesystem::rename(link, keys / "secret");
    std::filesystem::create_symlink("keys/secret", link);
    const std::string before = shop.kimbap.read("keys/secret");
    shop.kimbap.must({"vault", "rekey"});
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_NE(shop.kimbap.read("keys/secret"), before);
    EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
}

TEST(Administration, AFolderOfKimbapsAloneIsClosedToOthers) {
    namespace fs = std::filesystem;
    Shop shop;
    const fs::path data = shop.kimbap.path("data");
    const auto mode = [&] { return fs::status(data).permissions(); };
    fs::permissions(data, fs::perms::all);
    shop.kimbap.must({"token", "list"});
    EXPECT_EQ(mode(), fs::perms::owner_all);
    shop.kimbap.write("data/notes.txt", "not kimbap's");
    fs::permissions(data, fs::perms::all);
    shop.kimbap.must({"token", "list"});
    EXPECT_EQ(mode(), fs::perms::all);
    EXPECT_THAT(shop.kimbap.kimbap({"doctor"}).out, HasSubstr("open to other users"));
}

TEST(Vault, AnInterruptedRekeyIsFinishedOrForgotten) {
    for (const char* point : {"rekey.written", "rekey.committed"}) {
        SCOPED_TRACE(point);
        Shop shop;
        const std::string before = shop.kimbap.read("vault.secret");
        shop.kimbap.binary = Installation::failing_binary();
        shop.kimbap.environment["KIMBAP_FAILPOINT"] = point;
        EXPECT_NE(shop.kimbap.kimbap({"vault", "rekey"}).code, 0);
        shop.kimbap.environment.erase("KIMBAP_FAILPOINT");
        const std::string fresh = shop.kimbap.read("vault.secret.new");
        EXPECT_EQ(shop.kimbap.read("vault.secret"), before);

        const bool committed = point == std::string("rekey.committed");
        const Ran next = shop.kimbap.kimbap({"doctor"});
        EXPECT_EQ(shop.kimbap.read("vault.secret"), committed ? fresh : before);
        EXPECT_THAT(next.out + next.err,
                    HasSubstr(committed ? "an interrupted vault rekey was finished"
                                        : "vault.secret.new was left by a rekey"));
        EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
        // What is left of it is in no later one's way, and kept until that is through.
        shop.kimbap.environment["KIMBAP_FAILPOINT"] = "rekey.written";
        EXPECT_NE(shop.kimbap.kimbap({"vault", "rekey"}).code, 0);
        shop.kimbap.environment.erase("KIMBAP_FAILPOINT");
        if (!committed) {
            EXPECT_EQ(shop.kimbap.read("vault.secret.new.1"), fresh);
        }
        shop.kimbap.must({"vault", "rekey"});
        EXPECT_FALSE(std::filesystem::exists(shop.kimbap.path("vault.secret.new")));
        EXPECT_FALSE(std::filesystem::exists(shop.kimbap.path("vault.secret.new.1")));
        EXPECT_FALSE(std::filesystem::exists(shop.kimbap.path("vault.secret.new.2")));
        EXPECT_NE(shop.kimbap.read("vault.secret"), committed ? fresh : before);
        EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
    }
}

/// Nobody should have to mend a manifest before they can revoke a stolen token.
TEST(Administration, CommandsThatNeedNoRulesRunWhereTheseAreInvalid) {
    Shop shop("approvals: {hold: 0s}\n");
    const std::string token = shop.kimbap.must({"token", "create", "--agent", "bot"});
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), token.substr(0, token.find('\n')));
    const std::string id =
        meta_of(agent.call("shop_refund", {{"order", "1"}, {"amount", 5}}), "kimbap/approval");
    for (const auto& [file, text] : {std::pair("manifests/bad.yaml", "name: ["),
                                     std::pair("policy/bad.yaml", "rules: [{id: refunds}]")}) {
        SCOPED_TRACE(file);
        shop.kimbap.write(file, text);
        for (const char* command : {"call shop.get-order", "service list", "policy replay"}) {
            EXPECT_EQ(shop.kimbap.kimbap(words(command)).code, 5) << command;
        }
        EXPECT_EQ(shop.kimbap.kimbap({"approval", "approve", id}).code, 5);
        for (const char* command :
             {"token list", "vault list", "audit verify", "audit checkpoint", "audit export",
              "approval list", "token create --agent other"}) {
            const Ran ran = shop.kimbap.kimbap(words(command));
            EXPECT_EQ(ran.code, 0) << command << ran.err;
            EXPECT_THAT(ran.err, HasSubstr("bad.yaml")) << command;
        }
        std::filesystem::remove(shop.kimbap.path(file));
    }
    shop.kimbap.write("manifests/bad.yaml", "name: [");
    EXPECT_EQ(shop.kimbap.kimbap({"approval", "deny", id}).code, 0);
    const json::value tokens = shop.kimbap.json({"token", "list"}).at("tokens");
    shop.kimbap.must({"token", "revoke", tokens.at(0).at("id").as_string().c_str()});
    EXPECT_EQ(agent.request("tools/list", {}).status, 401);
}

TEST(Doctor, LooksAtTheCertificateThatServeWouldUse) {
    Shop shop;
    const std::string config = shop.kimbap.read("kimbap.yaml");
    const auto examined = [&](const std::string& certificate, const std::string& key) {
        shop.kimbap.config(config + "http: {tls: {certificate: " + certificate + ", key: " + key +
                           "}}\n");
        return shop.kimbap.kimbap({"doctor", "--offline"});
    };
    const net::test::Authority authority(shop.kimbap.path("."));
    const struct {
        int days;
        int exit;
        std::string says;
    } rows[] = {
        {400, 0, "ok       tls: "}, {3, 0, "renew the certificate"}, {-1, 5, "has run out"}};
    for (const auto& row : rows) {
        const auto files = authority.issue("kimbap.test", row.days);
        std::filesystem::permissions(files.key, std::filesystem::perms(0600));
        const Ran ran = examined(files.certificate, files.key);
        EXPECT_EQ(ran.code, row.exit) << ran.out;
        EXPECT_THAT(ran.out, HasSubstr(row.says));
    }
    const Ran missing = examined("nowhere.pem", "nowhere.key");
    EXPECT_EQ(missing.code, 5);
    EXPECT_THAT(missing.out, HasSubstr("nowhere.pem"));
}

TEST(Vault, WarnsOfASecretThatIsHardlyOne) {
    Shop shop;
    const Ran is_short = shop.kimbap.kimbap({"vault", "set", "other.token"}, "x");
    EXPECT_EQ(is_short.code, 0);
    EXPECT_THAT(is_short.err, HasSubstr("other.token has 1 byte:"));
    EXPECT_EQ(shop.kimbap.kimbap({"vault", "set", "other.token"}, "long-enough").err, "");
}

TEST(Policy, PointsOutNamesThatNoManifestDeclares) {
    Shop shop;
    shop.kimbap.policy("slip",
                       "version: 1.0.0\nrules:\n  - {id: slip, match: {actions: [shop.refnd]}, "
                       "decision: require_approval}\n");
    const Ran checked = shop.kimbap.kimbap({"policy", "check"});
    EXPECT_EQ(checked.code, 0);
    EXPECT_THAT(checked.out,
                AllOf(HasSubstr("slip.yaml:3:5"), HasSubstr("did you mean \"shop.refund\"?"),
                      HasSubstr("[warning]")));
    EXPECT_THAT(shop.kimbap.kimbap({"doctor", "--offline"}).out, HasSubstr("\"shop.refund\"?"));
}

TEST(Policy, ExplainSaysWhereACallWouldNotGetToPolicy) {
    Shop shop;
    const auto explained = [&](const std::string& amount) {
        return shop.kimbap.kimbap(
            {"policy", "explain", "shop.refund", "--arg", "order=1", "--arg", "amount=" + amount});
    };
    const Ran fits = explained("900");
    EXPECT_THAT(fits.out, HasSubstr("decision: "));
    EXPECT_EQ(fits.err, "");
    EXPECT_EQ(explained("lots").code, 2);  // as `kimbap call` would
    const Ran unfit = explained("0");
    EXPECT_EQ(unfit.code, 0);
    EXPECT_THAT(unfit.out, HasSubstr("decision: "));
    EXPECT_THAT(unfit.err, AllOf(HasSubstr("refused before policy"), HasSubstr("/amount")));
    const json::value told =
        *parse_json(shop.kimbap.must({"policy", "explain", "shop.refund", "--json"}));
    EXPECT_TRUE(told.at("argument_faults").as_array().empty());  // nothing was asked about any
    const Ran nothing = shop.kimbap.kimbap({"policy", "explain"});
    EXPECT_EQ(nothing.code, 2);
    EXPECT_THAT(nothing.err, HasSubstr("SERVICE.ACTION"));
}

TEST(Policy, ExplainShowsWhoIsTakenToCall) {
    Shop shop("stdio: {agent: desk, roles: [support, night]}\n");
    shop.kimbap.policy("shop",
                       "version: 1.0.0\nrules:\n"
                       "  - {id: staff, match: {roles: [support]}, decision: allow}\n");
    const struct {
        std::vector<std::string> options;
        const char* decision;
        const char* caller;
        json::value json;
    } rows[] = {
        {{},
         "allow",
         "desk, roles support, night",
         {{"agent", "desk"}, {"roles", {"support", "night"}}}},
        {{"--agent", "desk"},
         "allow",
         "desk, roles support, night",
         {{"agent", "desk"}, {"roles", {"support", "night"}}}},
        // Whoever else it is, nothing says that it has the same roles.
        {{"--agent", "somebody"},
         "deny",
         "somebody, no roles",
         {{"agent", "somebody"}, {"roles", json::array()}}},
        {{"--agent", "somebody", "--role", "support"},
         "allow",
         "somebody, role support",
         {{"agent", "somebody"}, {"roles", json::array{"support"}}}},
        {{"--role", "guest"},
         "deny",
         "desk, role guest",
         {{"agent", "desk"}, {"roles", json::array{"guest"}}}},
    };
    for (const auto& row : rows) {
        std::vector<std::string> command{"policy", "explain", "shop.refund"};
        command.insert(command.end(), row.options.begin(), row.options.end());
        EXPECT_THAT(shop.kimbap.must(command),
                    AllOf(HasSubstr(std::string("decision: ") + row.decision + "\n"),
                          HasSubstr(std::string("caller:   ") + row.caller + "\n")));
        const json::value told = shop.kimbap.json(command);
        EXPECT_EQ(told.at("decision"), row.decision);
        EXPECT_EQ(told.at("caller"), row.json);
    }
}

TEST(Vault, NoCommandPrintsAValue) {
    Shop shop;
    for (const std::vector<std::string>& command : {std::vector<std::string>{"vault", "list"},
                                                    {"vault", "list", "--json"},
                                                    {"doctor"},
                                                    {"doctor", "--json"},
                                                    {"audit", "export"},
                                                    {"service", "list", "--json"}}) {
        const Ran ran = shop.kimbap.kimbap(command);
        EXPECT_THAT(ran.out + ran.err, Not(HasSubstr(kShopToken))) << command[0];
    }
    EXPECT_EQ(shop.kimbap.kimbap({"vault", "set", "x", "value-on-the-command-line"}).code, 2);
}

TEST(Tokens, RevocationWorksAtOnceInEveryProcess) {
    Shop shop;
    Serving first(shop.kimbap);
    Serving second(shop.kimbap);
    const std::string token = shop.kimbap.agent_token("bot");
    for (const auto* serving : {&first, &second}) {
        const McpClient agent(serving->url(), token);
        EXPECT_FALSE(is_error(agent.call("shop_get-order", {{"order", "1"}})));
    }
    const json::value list = shop.kimbap.json({"token", "list"});
    const std::string id(list.at("tokens").at(0).at("id").as_string());
    shop.kimbap.must({"token", "revoke", id});
    for (const auto* serving : {&first, &second}) {
        const McpClient agent(serving->url(), token);
        EXPECT_EQ(agent.request("tools/list", {}).status, 401);
    }
    EXPECT_THAT(shop.kimbap.read("data/kimbap.db") + shop.kimbap.read("data/kimbap.db-wal"),
                Not(HasSubstr(token.substr(4))));
}

TEST(Tokens, Expire) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot", {"--ttl", "1s"}));
    eventually("the expiry", [&] { return agent.request("tools/list", {}).status == 401; });
}

TEST(Tokens, TheListSaysWhenTheyExpire) {
    const Shop shop;
    static_cast<void>(shop.kimbap.agent_token("for-ever"));
    static_cast<void>(shop.kimbap.agent_token("a-day", {"--ttl", "24h"}));
    const json::value tokens = shop.kimbap.json({"token", "list"});
    const std::string at(tokens.at("tokens").at(1).at("expires_at").as_string());
    const std::string list = shop.kimbap.must({"token", "list"});
    EXPECT_THAT(list, ContainsRegex("EXPIRES\n"));
    EXPECT_THAT(list, ContainsRegex("for-ever .* never\n"));
    EXPECT_THAT(list, ContainsRegex("a-day .* " + at + "\n"));
}

TEST(Tokens, TheEnvironmentsTokenSaysWhoCalls) {
    Shop shop;
    shop.kimbap.environment["KIMBAP_TOKEN"] = shop.kimbap.agent_token("named");
    EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
    shop.kimbap.environment["KIMBAP_TOKEN"] = "kbp_not-a-token";
    EXPECT_NE(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
    EXPECT_NE(shop.kimbap.kimbap({"mcp"}).code, 0);
    shop.kimbap.environment.clear();
    EXPECT_EQ(shop.kimbap.audit().back().at("caller").at("agent"), "named");
}

class Reload : public ::testing::Test {
protected:
    [[nodiscard]] bool denied() const {
        return is_error(McpClient(serving_.url(), token_).call("shop_get-order", {{"order", "1"}}));
    }
    Shop shop_;
    Serving serving_{shop_.kimbap};
    std::string token_ = shop_.kimbap.agent_token("bot");
};

TEST_F(Reload, AChangedFileIsNoticed) {
    EXPECT_FALSE(denied());
    shop_.kimbap.policy("shop", "version: 1.0.0\nrules:\n  - {id: nothing, decision: deny}\n");
    eventually("the new policy", [&] { return denied(); });
    std::string manifest(kShopManifest);
    manifest.replace(manifest.find("get-order:"), 10, "read-order:");
    shop_.kimbap.policy("shop", kShopPolicy);
    shop_.kimbap.manifest("shop", manifest, shop_.upstream.url());
    const McpClient agent(serving_.url(), token_);
    eventually("the new tool", [&] {
        return to_json(agent.message("tools/list", {})).find("shop_read-order") !=
               std::string::npos;
    });
}

TEST_F(Reload, AFolderPutInTheOldOnesPlaceIsNoticed) {
    const auto replace = [&](const std::string& rules) {
        const std::filesystem::path policy = shop_.kimbap.path("policy");
        const std::filesystem::path fresh = shop_.kimbap.path("policy.new");
        const std::filesystem::path old = shop_.kimbap.path("policy.old");
        std::filesystem::create_directory(fresh);
        std::ofstream(fresh / "shop.yaml") << rules;
        std::filesystem::remove_all(old);
        std::filesystem::rename(policy, old);
        std::filesystem::rename(fresh, policy);
    };
    for (int round = 0; round < 2; ++round) {
        replace("version: 1.0.0\nrules:\n  - {id: nothing, decision: deny}\n");
        eventually("the new folder", [&] { return denied(); });
        shop_.kimbap.policy("shop", kShopPolicy);
        eventually("a change in it", [&] { return !denied(); });
    }
}

TEST_F(Reload, AnInvalidSetIsReportedAndTheRunningOneStays) {
    shop_.kimbap.policy("shop", "version: 1.0.0\nrules:\n  - {id: nothing, desicion: deny}\n");
    serving_.program().wait_for_error("did you mean");
    EXPECT_FALSE(denied());
    shop_.kimbap.write("manifests/broken.yaml", "name: [");
    serving_.program().signal(SIGHUP);
    serving_.program().wait_for_error("broken.yaml");
    EXPECT_FALSE(denied());
}

TEST(Policy, NoneMeansDeniedAndIsSaidAtStart) {
    Shop shop;
    std::filesystem::remove(shop.kimbap.path("policy/shop.yaml"));
    Serving serving(shop.kimbap);
    serving.program().wait_for_error("denied");
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    EXPECT_TRUE(is_error(agent.call("shop_get-order", {{"order", "1"}})));
}

TEST(Policy, AllowancesHoldAcrossProcessesAndRestarts) {
    Shop shop;
    shop.kimbap.policy("shop", R"(version: 1.0.0
rules:
  - {id: few, match: {risk: [low]}, decision: allow, rate_limit: {max_requests: 3, window_sec: 300, scope: agent}}
)");
    const auto call = [&] {
        return shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"});
    };
    EXPECT_EQ(call().code, 0);
    {
        StdioClient local(shop.kimbap.start({"mcp"}));
        EXPECT_FALSE(is_error(local.call("shop_get-order", {{"order", "1"}})));
        EXPECT_EQ(call().code, 0);
        const json::object refused = local.call("shop_get-order", {{"order", "1"}});
        EXPECT_TRUE(is_error(refused));
        EXPECT_THAT(text_of(refused), AllOf(HasSubstr("few"), HasSubstr("Try again in")));
    }
    const Ran refused = call();
    EXPECT_EQ(refused.code, 3);
    EXPECT_EQ(shop.upstream.count(), 3U);
}

TEST(Process, DrainsOnSigterm) {
    std::atomic<bool> arrived{false};
    Shop shop("", [&](const Received& request) {
        arrived = true;
        std::this_thread::sleep_for(std::chrono::milliseconds{500});
        return Shop::order(request);
    });
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    json::object result;
    std::thread calling([&] { result = agent.call("shop_get-order", {{"order", "1"}}); });
    eventually("the call", [&] { return arrived.load(); });
    EXPECT_EQ(serving.stop(), 0);
    calling.join();
    EXPECT_FALSE(is_error(result));
}

TEST(Process, ATakenPortIsSaid) {
    Shop shop;
    Serving serving(shop.kimbap);
    const Ran ran =
        shop.kimbap.kimbap({"serve", "--listen", "127.0.0.1:" + std::to_string(serving.port())});
    EXPECT_NE(ran.code, 0);
    EXPECT_THAT(ran.err, HasSubstr("--listen"));
}

}  // namespace
}  // namespace kimbap::test
