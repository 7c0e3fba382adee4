#include <gmock/gmock.h>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Calls, TheCredentialIsInjectedAndNeverShown) {
    Shop shop;
    const Ran ran = shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1001"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(parse_json(ran.out).value().at("state"), "paid");
    ASSERT_EQ(shop.upstream.count(), 1U);
    const Received got = shop.upstream.requests().front();
    EXPECT_EQ(got.target, "/v1/orders/1001");  // the absent optional argument drops its parameter
    EXPECT_EQ(got.header("Authorization"), "Bearer " + std::string(kShopToken));
    for (const char* file : {"data/kimbap.db", "data/kimbap.db-wal"}) {
        EXPECT_THAT(shop.kimbap.read(file), Not(HasSubstr(kShopToken))) << file;
    }
}

TEST(Calls, ExitCodesSayHowItWent) {
    Shop shop;
    const struct {
        std::vector<std::string> arguments;
        int code;
        std::string says;
    } rows[] = {
        {{"call", "shop.remove", "--arg", "order=1"}, 3, "The books stay complete"},
        {{"call", "shop.get-order", "--arg", "order=abc"}, 2, "/order"},
        {{"call", "shop.get-order"}, 2, "order"},
        {{"call", "shop.get-order", "--arg", "order=1", "--arg", "x=1"}, 2, "x"},
        {{"call", "shop.get-ordr", "--arg", "order=1"}, 2, "did you mean \"shop.get-order\"?"},
        {{"call", "shop.get-order", "--arg", "order"}, 2, "NAME=VALUE"},
        {{"call", "shop.refund", "--arg", "order=1", "--arg", "amount=lots"},
         2,
         "--arg amount=lots: not of type integer"},
        {{"call"}, 2, "required"},
        {{"cal"}, 2, ""},
        {{"call", "shop.get-order", "--input", "{"}, 2, "JSON"},
    };
    for (const auto& row : rows) {
        const Ran ran = shop.kimbap.kimbap(row.arguments);
        EXPECT_EQ(ran.code, row.code) << row.says << ": " << ran.err;
        EXPECT_THAT(ran.err, HasSubstr(row.says));
        EXPECT_EQ(ran.out, "");
    }
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Calls, APagedResultSaysThatThereMayBeMore) {
    Shop shop("", [](const Received& request) {
        const bool last = request.target.find("cursor=z") != std::string::npos;
        return Answer{200, last ? R"({"items":[2],"next":""})" : R"({"items":[1],"next":"z"})"};
    });
    const auto manifest = [](const std::string& name, int pages) {
        return "name: " + name +
               "\nversion: 1.0.0\ndescription: Pages\nbase_url: @BASE@\nauth: {type: none}\n"
               "actions:\n  list: {description: All, path: /o, risk: {level: low, mutating: "
               "false}, "
               "response: {extract: items}, pagination: {type: cursor, next_path: next, "
               "max_pages: " +
               std::to_string(pages) + "}}\n";
    };
    shop.kimbap.manifest("some", manifest("some", 1), shop.upstream.url());
    shop.kimbap.manifest("all", manifest("all", 2), shop.upstream.url());
    const Ran some = shop.kimbap.kimbap({"call", "some.list"});
    EXPECT_EQ(some.code, 0);
    EXPECT_EQ(parse_json(some.out).value(), parse_json("[1]").value());
    EXPECT_THAT(some.err, HasSubstr("There may be more"));
    const Ran all = shop.kimbap.kimbap({"call", "all.list"});
    EXPECT_EQ(parse_json(all.out).value(), parse_json("[1,2]").value());
    EXPECT_EQ(all.err, "");

    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const json::object cut = agent.call("some_list", {});
    EXPECT_EQ(cut.at("structuredContent"), parse_json("[1]").value());
    EXPECT_EQ(cut.at("content").at(0).at("text"), "[1]");
    EXPECT_THAT(std::string(cut.at("content").at(1).at("text").as_string()),
                HasSubstr("There may be more"));
    EXPECT_EQ(cut.at("_meta").at("kimbap/incomplete"), true);
    const json::object whole = agent.call("all_list", {});
    EXPECT_EQ(whole.at("content").as_array().size(), 1U);
    EXPECT_FALSE(whole.at("_meta").as_object().contains("kimbap/incomplete"));
}

TEST(Calls, ArgumentsGoByASchemaThatIsGivenWhole) {
    Shop shop("", [](const Received&) { return Answer{200, "{}"}; });
    shop.kimbap.manifest("counter",
                         "name: counter\nversion: 1.0.0\ndescription: Counts\nbase_url: @BASE@\n"
                         "auth: {type: none}\nactions:\n  look:\n    description: Look\n"
                         "    method: GET\n    path: /look\n    risk: low\n"
                         "    schema: {type: object, properties: {n: {type: integer}, "
                         "s: {type: string}}}\n"
                         "    request: {query: {n: \"{n}\", s: \"{s}\"}}\n",
                         shop.upstream.url());
    shop.kimbap.policy("counter",
                       "version: 1.0.0\nrules:\n  - {id: counter, match: {services: [counter]}, "
                       "decision: allow}\n");
    EXPECT_EQ(shop.kimbap.kimbap({"call", "counter.look", "--arg", "n=5", "--arg", "s=7"}).code, 0);
    ASSERT_EQ(shop.upstream.count(), 1U);
    EXPECT_THAT(shop.upstream.requests()[0].target, AllOf(HasSubstr("n=5"), HasSubstr("s=7")));
}

TEST(Calls, TheCommandEndsWithItsCall) {
    Shop shop;
    const auto quickest = [&](const std::vector<std::string>& command) {
        auto least = std::chrono::steady_clock::duration::max();
        for (int i = 0; i < 5; ++i) {
            const auto began = std::chrono::steady_clock::now();
            shop.kimbap.must(command);
            least = std::min(least, std::chrono::steady_clock::now() - began);
        }
        return least;
    };
    // Beside a command that makes no call, whatever starting a process takes here.
    const auto without = quickest({"token", "list"});
    EXPECT_LT(quickest({"call", "shop.get-order", "--arg", "order=1001"}),
              2 * without + std::chrono::milliseconds{700});
}

TEST(Calls, InputComesFromStdinAndFiles) {
    Shop shop;
    shop.kimbap.write("input.json", R"({"order": "1001", "expand": "a b&c"})");
    EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--input", "@input.json"}).code, 0);
    EXPECT_EQ(
        shop.kimbap.kimbap({"call", "shop.get-order", "--input", "-"}, R"({"order":"7"})").code, 0);
    ASSERT_EQ(shop.upstream.count(), 2U);
    EXPECT_EQ(shop.upstream.requests()[0].target, "/v1/orders/1001?expand=a%20b%26c");
    EXPECT_EQ(shop.upstream.requests()[1].target, "/v1/orders/7");
}

TEST(Calls, JsonTellsTheWholeResult) {
    Shop shop;
    const Ran denied =
        shop.kimbap.kimbap({"call", "shop.remove", "--arg", "order=\"1\"", "--json"});
    EXPECT_EQ(denied.code, 3);
    const json::object said = parse_json(denied.out).value().as_object();
    EXPECT_EQ(said.at("status"), "denied");
    EXPECT_EQ(said.at("rule"), "no-removal");
    EXPECT_TRUE(said.contains("call"));
}

TEST(Calls, EveryOutcomeIsInTheLogAndTheLogVerifies) {
    Shop shop;
    static_cast<void>(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1001"}));
    static_cast<void>(shop.kimbap.kimbap({"call", "shop.remove", "--arg", "order=1"}));
    static_cast<void>(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=x"}));
    std::vector<std::string> statuses;
    for (const json::object& record : shop.kimbap.audit()) {
        if (record.at("kind") != "call.finished") continue;
        statuses.emplace_back(record.at("execution").at("status").as_string());
        EXPECT_EQ(record.at("caller").at("agent"), "local");
        if (statuses.size() < 3) {
            EXPECT_EQ(record.at("decision").at("policy").as_string().size(), 64U);
            EXPECT_EQ(record.at("decision").at("rule"),
                      statuses.size() == 1 ? "reads" : "no-removal");
        }
    }
    EXPECT_THAT(statuses, ::testing::ElementsAre("succeeded", "denied", "invalid_arguments"));
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Calls, OverHttpAndStdioTheSamePipelineRuns) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot", {"--role", "support"}));
    const json::object result = agent.call("shop_get-order", {{"order", "1001"}});
    EXPECT_FALSE(is_error(result));
    EXPECT_EQ(result.at("structuredContent").at("state"), "paid");
    EXPECT_EQ(meta_of(result, "kimbap/decision"), "allow");
    EXPECT_EQ(meta_of(result, "kimbap/rule"), "reads");
    EXPECT_TRUE(meta_of(result, "kimbap/call").starts_with("call_"));

    const json::object denied = agent.call("shop.remove", {{"order", "1"}});
    EXPECT_TRUE(is_error(denied));
    EXPECT_THAT(text_of(denied), AllOf(HasSubstr("no-removal"), HasSubstr("books")));

    StdioClient local(shop.kimbap.start({"mcp"}));
    EXPECT_EQ(local.call("shop_get-order", {{"order", "1"}}).at("structuredContent").at("id"),
              "1001");
    local.program().close_input();
    EXPECT_EQ(local.program().wait(), 0);
    EXPECT_EQ(serving.stop(), 0);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Calls, ToolsShowACallerOnlyWhatPolicyCouldAllow) {
    Shop shop;
    Serving serving(shop.kimbap);
    const auto names = [&](const std::string& token) {
        std::vector<std::string> out;
        const json::object said = McpClient(serving.url(), token).message("tools/list", {});
        for (const json::value& tool : said.at("result").at("tools").as_array()) {
            out.emplace_back(tool.at("name").as_string());
        }
        return out;
    };
    const auto documented = [&](const std::string& token) {
        return to_json(McpClient(serving.url(), token)
                           .message("resources/read", {{"uri", "kimbap://services/shop"}}));
    };
    const std::string bot = shop.kimbap.agent_token("bot");
    EXPECT_THAT(names(bot),
                ::testing::ElementsAre("kimbap_approval_result", "shop_get-order", "shop_refund"));
    EXPECT_THAT(documented(bot), AllOf(HasSubstr("### get-order"), HasSubstr("### refund"),
                                       ::testing::Not(HasSubstr("### remove"))));
    const std::string narrow = shop.kimbap.agent_token("narrow", {"--action", "shop.get-*"});
    EXPECT_THAT(names(narrow), ::testing::Not(::testing::Contains("shop_refund")));
    EXPECT_THAT(documented(narrow),
                AllOf(HasSubstr("### get-order"), ::testing::Not(HasSubstr("### refund"))));
}

TEST(Calls, ATokensGlobsHoldBeforePolicy) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(),
                          shop.kimbap.agent_token("narrow", {"--action", "shop.get-*"}));
    EXPECT_FALSE(is_error(agent.call("shop_get-order", {{"order", "1"}})));
    const json::object result = agent.call("shop_refund", {{"order", "1"}, {"amount", 1}});
    EXPECT_TRUE(is_error(result));
    EXPECT_EQ(shop.upstream.count(), 1U);
}

TEST(Calls, AMissingCredentialIsRefusedWithTheMend) {
    Shop shop;
    shop.kimbap.must({"vault", "remove", "shop.token"});
    const Ran ran = shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("kimbap vault set shop.token"));
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Calls, DownstreamErrorsAreResultsForTheModel) {
    Shop shop("", [](const Received& request) {
        return request.target.ends_with("/404") ? Answer{404, R"({"message":"no order 404"})"}
                                                : Answer{503, "busy", "text/plain"};
    });
    const Ran missing = shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=404"});
    EXPECT_EQ(missing.code, 1);
    EXPECT_THAT(missing.err, AllOf(HasSubstr("404"), HasSubstr("no order 404")));
    const Ran busy = shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"});
    EXPECT_EQ(busy.code, 1);
    EXPECT_THAT(busy.err, HasSubstr("503"));
}

TEST(Calls, ACredentialThatComesBackIsCutOut) {
    Shop shop("", [](const Received& request) {
        const std::string sent = request.header("Authorization");
        return Answer{request.target.ends_with("/2") ? 500 : 200, R"({"you":")" + sent + R"("})"};
    });
    for (const char* order : {"order=1", "order=2"}) {
        const Ran ran = shop.kimbap.kimbap({"call", "shop.get-order", "--arg", order});
        EXPECT_THAT(ran.out + ran.err, AllOf(Not(HasSubstr(kShopToken)), HasSubstr("[redacted]")));
    }
    EXPECT_THAT(shop.kimbap.must({"audit", "export"}), Not(HasSubstr(kShopToken)));
}

}  // namespace
}  // namespace kimbap::test
