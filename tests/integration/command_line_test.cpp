#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <future>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

/// The command line as a newcomer meets it: what goes wrong says what would be right.
namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CommandLine, UnknownCommandsAreNamedWithTheNearest) {
    const Installation kimbap;
    const struct {
        std::vector<std::string> arguments;
        const char* says;
    } rows[] = {
        {{"servise", "list"}, "kimbap: unknown command \"servise\" (did you mean \"service\"?)"},
        {{"policy", "chekc"}, "kimbap policy: unknown command \"chekc\" (did you mean \"check\"?)"},
        {{"frobnicate"}, "(one of: init, mcp, serve, call, vault,"},
        {{"vault"}, "kimbap vault: which command? (one of: set, rotate, list, remove, rekey"},
        {{}, "kimbap: which command? (one of: init, mcp,"},
        {{"vault", "set"}, "ref is required"},
        {{"service", "list", "--jsn"}, "--jsn"},
    };
    for (const auto& row : rows) {
        const Ran ran = kimbap.kimbap(row.arguments);
        EXPECT_EQ(ran.code, 2) << row.says;
        EXPECT_THAT(ran.err, HasSubstr(row.says));
        EXPECT_EQ(ran.out, "") << row.says;
    }
}

TEST(CommandLine, TheConfigurationMayBeNamedBeforeOrAfterTheCommand) {
    const Installation kimbap;
    const Installation other;
    other.manifest("shop", std::string(kShopManifest), "http://127.0.0.1:1");
    const std::string config = other.path("kimbap.yaml");
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"--config", config, "service", "list"},
          {"service", "--config", config, "list"},
          {"service", "list", "--config", config}}) {
        EXPECT_THAT(kimbap.must(arguments), HasSubstr("shop.refund"));
    }
}

TEST(CommandLine, AnImpossiblePortIsRefused) {
    const Installation kimbap;
    for (const char* listen : {"127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:8x"}) {
        const Ran ran = kimbap.kimbap({"serve", "--listen", listen});
        EXPECT_EQ(ran.code, 2) << listen;
        EXPECT_THAT(ran.err, AllOf(HasSubstr("--listen: "), HasSubstr("is not ADDRESS:PORT")));
    }
    Installation environment;
    environment.environment["KIMBAP_LISTEN"] = "127.0.0.1:99999";
    const Ran ran = environment.kimbap({"serve"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_THAT(ran.err, HasSubstr("KIMBAP_LISTEN: \"127.0.0.1:99999\" is not ADDRESS:PORT"));
}

TEST(CommandLine, FaultsOfTheWholeConfigurationHaveNoLineZero) {
    const Installation kimbap;
    kimbap.config("store: redis\n");
    const Ran ran = kimbap.kimbap({"service", "list"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("kimbap.yaml: store:"), Not(HasSubstr(":0:0"))));
}

TEST(CommandLine, PolicyCheckFindsWhatWouldStopTheStart) {
    const Installation kimbap;
    kimbap.policy("p",
                  "version: 1.0.0\nrules:\n  - {id: a, decision: require_approval, approval: "
                  "{channels: [pager]}}\n");
    const Ran ran = kimbap.kimbap({"policy", "check"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("p.yaml:3:"), HasSubstr("notifies \"pager\""),
                               Not(HasSubstr("valid:"))));
}

TEST(CommandLine, ValidationKnowsWherePlainHttpMayGo) {
    const Installation kimbap("egress: {allow_private: [\"10.1.0.0/16\"]}\n");
    const std::string text = "name: a\nbase_url: http://@HOST@\nactions: {x: {path: /}}\n";
    const auto validate = [&](const std::string& host) {
        std::string manifest = text;
        kimbap.write("m.yaml", manifest.replace(manifest.find("@HOST@"), 6, host));
        return kimbap.kimbap({"service", "validate", "m.yaml"});
    };
    EXPECT_EQ(validate("10.1.2.3").code, 0);
    EXPECT_EQ(validate("10.1.2.3").out, "valid: 1 service\n");
    EXPECT_EQ(validate("api.example.com").code, 5);
    EXPECT_THAT(validate("10.2.0.1").out, HasSubstr("m.yaml:2:11: base_url:"));
}

TEST(CommandLine, WithoutAConfigurationPlainHttpIsForLoopbackAlone) {
    const Installation kimbap;
    std::filesystem::remove(kimbap.path("kimbap.yaml"));
    const auto validate = [&](const std::string& origin) {
        kimbap.write("m.yaml", "name: a\nbase_url: " + origin + "\nactions: {x: {path: /}}\n");
        return kimbap.kimbap({"service", "validate", "m.yaml"});
    };
    EXPECT_EQ(validate("http://127.0.0.1:8080").code, 0);
    EXPECT_EQ(validate("https://example.com").code, 0);
    EXPECT_EQ(validate("http://example.com").code, 5);
    EXPECT_THAT(validate("http://10.0.0.1").out, HasSubstr("m.yaml:2:11: base_url: plain http"));
}

TEST(CommandLine, ValidationReadsEachFileOfAFolderOnce) {
    const Installation kimbap;
    kimbap.write("m/a.yaml", "name: a\nbase_url: https://x.example\nactions: {x: {path: /}}\n");
    std::filesystem::create_directory(kimbap.path("m/d.yaml"));
    ASSERT_EQ(::mkfifo(kimbap.path("m/x.yaml").c_str(), 0600), 0);
    const Ran ran = kimbap.kimbap({"service", "validate", "m", "m/a.yaml"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, "valid: 1 service\n");
}

TEST(CommandLine, ValidationWarnsOfWhatHasNoEffect) {
    const Installation kimbap;
    kimbap.write("m.yaml",
                 "name: a\nbase_url: https://api.example.com\nactions:\n"
                 "  x: {method: POST, path: /, pagination: {type: offset}}\n");
    const Ran ran = kimbap.kimbap({"service", "validate", "m.yaml"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("m.yaml:4:42: actions.x.pagination: only the first page is "
                                   "fetched"));
    EXPECT_THAT(ran.out, HasSubstr(" [warning]\nvalid: 1 service\n"));
    const auto json = parse_json(kimbap.kimbap({"service", "validate", "m.yaml", "--json"}).out);
    EXPECT_TRUE(json->at("valid").as_bool());
    EXPECT_EQ(json->at("warnings").as_array().size(), 1U);
}

TEST(CommandLine, AWaitingCallSaysSoAndItsOutcomeIsCollected) {
    Shop shop("approvals: {hold: 100ms}\n");
    const Ran held = shop.kimbap.kimbap(
        {"call", "shop.refund", "--arg", "order=1", "--arg", "amount=5", "--json"});
    EXPECT_EQ(held.code, 4);
    EXPECT_THAT(held.err, HasSubstr("waiting for an operator (kimbap approval approve apr_"));
    const std::string id = parse_json(held.out).value().at("approval").as_string().c_str();
    const std::vector<std::string> collect{"call", "kimbap_approval_result", "--arg",
                                           "approval=" + id};
    EXPECT_EQ(shop.kimbap.kimbap(collect).code, 4);
    shop.kimbap.must({"approval", "approve", id});
    const Ran done = shop.kimbap.kimbap(collect);
    EXPECT_EQ(done.code, 0);
    EXPECT_THAT(done.out, HasSubstr("\"refunded\""));
    EXPECT_EQ(shop.upstream.count(), 1U);
    EXPECT_EQ(shop.kimbap.kimbap({"call", "kimbap_approval_result"}).code, 2);
}

// An integer beyond 64 bits would be sent as another number, one beyond a double as null.
TEST(CommandLine, ArgumentsThatAreNoUtf8AreRefused) {
    Shop shop;
    EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=\xff"}).code, 2);
    EXPECT_EQ(
        shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1", "--agent", "\xff"}).code,
        2);
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(CommandLine, AnEmptyLifetimeIsNoLifetimeAtAll) {
    Shop shop;
    const Ran ran = shop.kimbap.kimbap({"token", "create", "--agent", "bot", "--ttl", ""});
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("--ttl"));
    EXPECT_THAT(shop.kimbap.must({"token", "list", "--json"}), Not(HasSubstr("bot")));
}

TEST(CommandLine, OutputThatIsLostIsAFailure) {
    Shop shop;
    shop.kimbap.must({"call", "shop.get-order", "--arg", "order=1"});
    const auto shell = [&](const std::string& redirection) {
        const std::string command = "cd '" + shop.kimbap.path("") + "' && '" +
                                    std::string(KIMBAP_BINARY) + "' audit export " + redirection;
        const int status = std::system(command.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    };
    EXPECT_EQ(shell("> /dev/null"), 0);
    EXPECT_EQ(shell("> /dev/full 2> /dev/null"), 1);
    EXPECT_EQ(shell(">&- 2> /dev/null"), 1);
}

TEST(CommandLine, NumbersThatCantBeKeptAreRefused) {
    Shop shop;
    for (const char* amount : {"18446744073709551616", "1e400", "1e20"}) {
        const Ran ran =
            shop.kimbap.kimbap({"call", "shop.refund", "--input",
                                R"({"order": "1", "amount": )" + std::string(amount) + "}"});
        EXPECT_EQ(ran.code, 2) << amount;
    }
    EXPECT_EQ(shop.upstream.count(), 0U);
}

std::size_t finished_as(const Installation& kimbap, std::string_view status) {
    std::size_t count = 0;
    for (const json::object& record : kimbap.audit()) {
        if (record.at("kind") != "call.finished") continue;
        count += record.at("execution").at("status").as_string() ==
                         json::string_view(status.data(), status.size())
                     ? 1
                     : 0;
    }
    return count;
}

TEST(CommandLine, ACallThatJoinsAnotherIsInTheLogAsWell) {
    Shop shop("approvals: {hold: 50ms}\n");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const json::object first = agent.call("shop_refund", {{"order", "1"}, {"amount", 5}});
    EXPECT_EQ(finished_as(shop.kimbap, "pending"), 0U);  // it has its approval.requested
    // The same call, however its arguments are spelt and sorted.
    const json::object second = agent.call("shop_refund", {{"amount", 5.0}, {"order", "1"}});
    EXPECT_EQ(meta_of(second, "kimbap/approval"), meta_of(first, "kimbap/approval"));
    EXPECT_EQ(finished_as(shop.kimbap, "pending"), 1U);
}

}  // namespace
}  // namespace kimbap::test
