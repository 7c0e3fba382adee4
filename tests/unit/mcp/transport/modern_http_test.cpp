#include "mcp/transport/modern_http.hpp"

#include <gmock/gmock.h>

#include "base/json_text.hpp"
#include "unit/mcp/support/http_harness.hpp"

namespace kimbap::mcp::test {
namespace {

using testing::HasSubstr;

std::string text_of(const json::value& response) {
    return to_json(response.at("result").at("content").at(0).at("text"));
}

TEST(ModernHttp, DiscoversWithoutASession) {
    HttpHarness http;
    auto& sent = http.modern("server/discover");
    ASSERT_EQ(sent.status(), 200);
    const auto result = sent.body().at("result");
    EXPECT_EQ(result.at("resultType"), "complete");
    EXPECT_EQ(to_json(result.at("supportedVersions")), R"(["2026-07-28"])");
    EXPECT_EQ(result.at("_meta").at("io.modelcontextprotocol/serverInfo").at("name"), "test");
    EXPECT_TRUE(result.at("capabilities").at("tools").at("listChanged").as_bool());
    EXPECT_FALSE(result.at("capabilities").as_object().contains("tasks"));
    EXPECT_EQ(result.at("cacheScope"), "public");
    EXPECT_GE(result.at("ttlMs").as_int64(), 0);
    EXPECT_EQ(sent.header("Mcp-Session-Id"), "");
    EXPECT_EQ(http.server.sessions(), 0U);
}

TEST(ModernHttp, AnswersACallAsOneJsonObject) {
    HttpHarness http;
    auto& sent =
        http.modern("tools/call", R"({"name":"echo","arguments":{"n":12345678901234567}})");
    ASSERT_TRUE(sent.done);
    ASSERT_EQ(sent.status(), 200);
    EXPECT_EQ(sent.writer.response->content_type, "application/json");
    EXPECT_EQ(sent.writer.response->body.find('\n'), std::string::npos);
    const auto result = sent.body().at("result");
    EXPECT_EQ(to_json(result.at("structuredContent")), R"({"n":12345678901234567})");
    EXPECT_EQ(text_of(sent.body()), R"("{\"n\":12345678901234567}")");
    EXPECT_EQ(result.at("resultType"), "complete");
    EXPECT_TRUE(result.at("_meta").at("test/seen").as_bool());
    EXPECT_EQ(http.tools.last_principal, "a");
    EXPECT_EQ(http.server.running_requests(), 0U);
}

TEST(ModernHttp, PagesTools) {
    auto options = HttpHarness::default_options();
    options.page_size = 4;
    HttpHarness http(options);
    std::vector<std::string> names;
    std::string params = "{}";
    for (int pages = 0; pages < 5; ++pages) {
        const auto result = http.modern("tools/list", params).body().at("result");
        for (const auto& tool : result.at("tools").as_array()) {
            names.emplace_back(tool.at("name").as_string());
        }
        const auto* next = result.as_object().if_contains("nextCursor");
        if (!next) break;
        params = R"({"cursor":)" + to_json(*next) + "}";
    }
    EXPECT_EQ(names.size(), 9U);
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    EXPECT_EQ(http.modern("tools/list", R"({"cursor":"bogus"})").body().at("error").at("code"),
              -32602);
}

struct ErrorCase {
    std::string what;
    std::string body;
    HeaderList headers;
    int status;
    int code;
};

std::string with_meta(std::string meta) {
    return R"({"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"_meta":)" + meta + "}}";
}

TEST(ModernHttp, RefusesWithTheCodesOfTheSpecification) {
    const std::string good =
        R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
    const std::string future =
        R"({"io.modelcontextprotocol/protocolVersion":"v999","io.modelcontextprotocol/clientCapabilities":{}})";
    const std::string no_capabilities =
        R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28"})";
    const HeaderList list = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/list"}};
    const std::vector<ErrorCase> cases = {
        {"no params", R"({"jsonrpc":"2.0","id":5,"method":"tools/list"})", list, 400, -32602},
        {"no version", with_meta("{}"), list, 400, -32602},
        {"no capabilities", with_meta(no_capabilities), list, 400, -32602},
        {"no version header", with_meta(good), {{"Mcp-Method", "tools/list"}}, 400, -32020},
        {"no method header",
         with_meta(good),
         {{"MCP-Protocol-Version", "2026-07-28"}},
         400,
         -32020},
        {"other method header",
         with_meta(good),
         {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "Tools/list"}},
         400,
         -32020},
        {"version mismatch",
         with_meta(good),
         {{"MCP-Protocol-Version", "v999"}, {"Mcp-Method", "tools/list"}},
         400,
         -32020},
        {"unsupported",
         with_meta(future),
         {{"MCP-Protocol-Version", "v999"}, {"Mcp-Method", "tools/list"}},
         400,
         -32022},
        {"not JSON", "{", list, 400, -32700},
        {"too deep", std::string(100, '[') + std::string(100, ']'), list, 400, -32700},
        {"batch", "[" + with_meta(good) + "]", list, 400, -32600},
        {"null id", R"({"jsonrpc":"2.0","id":null,"method":"tools/list"})", list, 400, -32600},
        {"fractional id", R"({"jsonrpc":"2.0","id":1.5,"method":"tools/list"})", list, 400, -32600},
        {"no jsonrpc", R"({"id":1,"method":"tools/list"})", list, 400, -32600},
        {"a response", R"({"jsonrpc":"2.0","id":1,"result":{}})", list, 400, -32600},
        {"array params", R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]})", list, 400,
         -32602},
    };
    for (const auto& test : cases) {
        HttpHarness http;
        auto& sent = http.post(test.body, test.headers);
        EXPECT_EQ(sent.status(), test.status) << test.what;
        EXPECT_EQ(sent.body().at("error").at("code").as_int64(), test.code) << test.what;
        EXPECT_EQ(http.tools.calls, 0) << test.what;
    }
}

TEST(ModernHttp, UnsupportedVersionNamesWhatIs) {
    HttpHarness http;
    auto& sent = http.post(
        with_meta(
            R"({"io.modelcontextprotocol/protocolVersion":"v9","io.modelcontextprotocol/clientCapabilities":{}})"),
        {{"MCP-Protocol-Version", "v9"}, {"Mcp-Method", "tools/list"}});
    EXPECT_EQ(to_json(sent.body().at("error").at("data")),
              R"({"supported":["2026-07-28"],"requested":"v9"})");
    EXPECT_EQ(sent.body().at("id"), 5);
}

TEST(ModernHttp, KnowsNoLegacyMethods) {
    HttpHarness http;
    for (const auto* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                               "resources/unsubscribe", "tasks/get", "tasks/list", "no/such"}) {
        auto& sent = http.modern(method, R"({"taskId":"x"})");
        EXPECT_EQ(sent.status(), 404) << method;
        EXPECT_EQ(sent.body().at("error").at("code"), -32601) << method;
    }
}

TEST(ModernHttp, ChecksMirroredNames) {
    HttpHarness http;
    const std::string call = R"({"name":"fail"})";
    EXPECT_EQ(http.modern("tools/call", call, "{}", {{"Mcp-Name", "echo"}}).status(), 400);
    EXPECT_EQ(http.modern("tools/call", call, "{}", {{"Mcp-Name", ""}}).status(), 400);
    EXPECT_EQ(http.tools.calls, 0);
    EXPECT_EQ(http.modern("tools/call", call, "{}", {{"Mcp-Name", "=?base64?ZmFpbA==?="}}).status(),
              200);
    EXPECT_EQ(http.modern("tools/call", call, "{}", {{"Mcp-Name", "=?base64?ZmFpbA?="}}).status(),
              400);
}

TEST(ModernHttp, ChecksMirroredArguments) {
    HttpHarness http;
    const std::string call = R"({"name":"echo","arguments":{"region":"Hello"}})";
    auto& missing = http.modern("tools/call", call);
    EXPECT_EQ(missing.status(), 400);
    EXPECT_EQ(missing.body().at("error").at("code"), -32020);
    EXPECT_EQ(http.modern("tools/call", call, "{}", {{"mcp-param-region", "Hello"}}).status(), 200);
    EXPECT_EQ(http.modern("tools/call", call, "{}", {{"Mcp-Param-Region", "=?base64?SGVsbG8=?="}})
                  .status(),
              200);
    EXPECT_EQ(http.modern("tools/call", call, "{}", {{"Mcp-Param-Region", "other"}}).status(), 400);
    EXPECT_EQ(http.modern("tools/call", R"({"name":"echo"})").status(), 200);
}

TEST(ModernHttp, AHeaderGivenTwiceIsRefused) {
    HttpHarness http;
    for (const char* name : {"Mcp-Name", "mcp-method", "MCP-Protocol-Version"}) {
        http.repeated = {{name, "other"}};
        auto& sent = http.modern("tools/call", R"({"name":"wait","arguments":{}})");
        EXPECT_EQ(sent.status(), 400) << name;
        EXPECT_EQ(sent.body().at("error").at("code"), -32020) << name;
    }
    EXPECT_EQ(http.tools.calls, 0);
}

TEST(ModernHttp, AnOldSessionsIdentifierIsIgnored) {
    HttpHarness http;
    EXPECT_EQ(http.modern("tools/list", "{}", "{}", {{"Mcp-Session-Id", "stale"}}).status(), 200);
    const auto session = http.initialize();
    EXPECT_EQ(http.modern("tools/list", "{}", "{}", {{"Mcp-Session-Id", session}}).status(), 200);
}

TEST(ModernHttp, ProgressTurnsTheAnswerIntoAStream) {
    HttpHarness http;
    auto& sent = http.modern("tools/call", R"({"name":"progress"})");
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_TRUE(sent.writer.ended);
    const auto events = sent.events();
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0].at("method"), "notifications/progress");
    EXPECT_EQ(to_json(events[0].at("params")),
              R"({"progressToken":7,"progress":1,"total":3,"message":"step"})");
    EXPECT_EQ(text_of(events[3]), R"("done")");
    EXPECT_EQ(sent.writer.stream.find("id:"), std::string::npos);
}

TEST(ModernHttp, ProgressIsLeftOutForAClientThatTakesNoStream) {
    HttpHarness http;
    auto& sent =
        http.modern("tools/call", R"({"name":"progress"})", "{}", {{"Accept", "application/json"}});
    ASSERT_TRUE(sent.done);
    EXPECT_EQ(text_of(sent.body()), R"("done")");
}

TEST(ModernHttp, LogsOnlyAtTheAskedLevel) {
    HttpHarness http;
    EXPECT_EQ(text_of(http.modern("tools/call", R"({"name":"log"})").body()), R"("logged")");
}

TEST(ModernHttp, ASlowCallBecomesAStreamWithKeepalives) {
    HttpHarness http;
    auto& sent = http.modern("tools/call", R"({"name":"wait"})");
    EXPECT_FALSE(sent.done);
    ASSERT_TRUE(http.run_until(
        [&] { return sent.writer.stream.find(": keepalive") != std::string::npos; }));
    http.tools.release();
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    ASSERT_EQ(sent.events().size(), 1U);
    EXPECT_EQ(text_of(sent.events()[0]), R"("waited")");
}

TEST(ModernHttp, AClosedStreamCancelsTheCall) {
    HttpHarness http;
    auto& sent = http.modern("tools/call", R"({"name":"wait"})");
    ASSERT_TRUE(http.run_until([&] { return sent.writer.streaming; }));
    sent.writer.peer.cancel();
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_EQ(http.tools.cancelled, 1);
    EXPECT_EQ(sent.events().size(), 0U);
}

TEST(ModernHttp, ARevokedTokenEndsTheStreamAndTheCall) {
    HttpHarness http;
    auto& sent = http.modern("tools/call", R"({"name":"wait"})");
    ASSERT_TRUE(http.run_until([&] { return sent.writer.streaming; }));
    http.authenticator.revoked.insert("a");
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_EQ(http.tools.cancelled, 1);
}

TEST(ModernHttp, AsksForInputAndTakesItOnRetry) {
    HttpHarness http;
    const std::string forms = R"({"elicitation":{}})";
    auto& first = http.modern("tools/call", R"({"name":"ask"})", forms);
    const auto result = first.body().at("result");
    EXPECT_EQ(result.at("resultType"), "input_required");
    EXPECT_EQ(to_json(result.at("inputRequests")),
              R"({"user_name":{"method":"elicitation/create","params":{"message":"Who?"}}})");
    EXPECT_EQ(result.at("requestState"), "state-1");
    auto& second = http.modern(
        "tools/call",
        R"({"name":"ask","inputResponses":{"user_name":{"action":"accept"},"x":{}},"requestState":"state-1"})",
        forms);
    EXPECT_EQ(text_of(second.body()), R"("Hello {\"action\":\"accept\"}")");
    for (const auto* bad : {R"({"name":"ask","inputResponses":null})",
                            R"({"name":"ask","inputResponses":{"user_name":12345}})",
                            R"({"name":"ask","requestState":1})"}) {
        EXPECT_EQ(http.modern("tools/call", bad, forms).body().at("error").at("code"), -32602)
            << bad;
    }
}

TEST(ModernHttp, AsksOnlyWhatTheClientDeclared) {
    HttpHarness http;
    auto& sent = http.modern("tools/call", R"({"name":"ask"})");
    EXPECT_EQ(sent.status(), 400);
    EXPECT_EQ(sent.body().at("error").at("code"), -32021);
    EXPECT_EQ(to_json(sent.body().at("error").at("data")),
              R"({"requiredCapabilities":{"elicitation":{}}})");
    EXPECT_EQ(http.modern("tools/call", R"({"name":"task"})").body().at("error").at("code"),
              -32021);
    auto& task = http.modern("tools/call", R"({"name":"task"})",
                             R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})");
    EXPECT_EQ(task.body().at("result").at("resultType"), "task");
    EXPECT_EQ(task.body().at("result").at("taskId"), "task-1");
}

TEST(ModernHttp, ReportsProvidersFaults) {
    HttpHarness http;
    EXPECT_EQ(http.modern("tools/call", R"({"name":"throw"})").body().at("error").at("code"),
              -32603);
    EXPECT_EQ(http.modern("tools/call", R"({"name":"nope"})").body().at("error").at("code"),
              -32602);
    auto& failed = http.modern("tools/call", R"({"name":"fail"})");
    EXPECT_TRUE(failed.body().at("result").at("isError").as_bool());
    EXPECT_EQ(http.modern("tools/call", R"({"name":1})").body().at("error").at("code"), -32602);
    EXPECT_EQ(http.modern("tools/call", R"({"name":"echo","arguments":[]})")
                  .body()
                  .at("error")
                  .at("code"),
              -32602);
}

TEST(ModernHttp, ReadsResourcesWithThisErasCode) {
    HttpHarness http;
    auto& sent = http.modern("resources/read", R"({"uri":"test://one"})");
    EXPECT_EQ(sent.body().at("result").at("contents").at(0).at("text"), "one");
    EXPECT_EQ(sent.body().at("result").at("cacheScope"), "private");
    auto& missing = http.modern("resources/read", R"({"uri":"test://two"})");
    EXPECT_EQ(missing.body().at("error").at("code"), -32602);
    EXPECT_EQ(missing.body().at("error").at("data").at("uri"), "test://two");
}

TEST(ModernHttp, CutsCompletions) {
    HttpHarness http;
    auto& sent = http.modern(
        "completion/complete",
        R"({"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"v"}})");
    const auto completion = sent.body().at("result").at("completion");
    EXPECT_EQ(completion.at("values").as_array().size(), 100U);
    EXPECT_EQ(completion.at("total"), 150);
    EXPECT_TRUE(completion.at("hasMore").as_bool());
    EXPECT_EQ(
        http.modern("completion/complete", R"({"ref":{"type":"x"}})").body().at("error").at("code"),
        -32602);
}

TEST(ModernHttp, ListenDeliversWhatWasAskedForTagged) {
    HttpHarness http;
    auto& sent = http.modern(
        "subscriptions/listen",
        R"({"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one","test://no"]}})");
    ASSERT_TRUE(http.run_until([&] { return !sent.events().empty(); }));
    EXPECT_EQ(
        to_json(sent.events()[0]),
        R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":1},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]}}})");
    http.server.prompts_changed();
    http.server.tools_changed();
    http.server.resource_updated("test://no");
    http.server.resource_updated("test://one");
    ASSERT_TRUE(http.run_until([&] { return sent.events().size() >= 3; }));
    EXPECT_EQ(sent.events()[1].at("method"), "notifications/tools/list_changed");
    EXPECT_EQ(sent.events()[2].at("params").at("uri"), "test://one");
    for (const auto& event : sent.events()) {
        EXPECT_EQ(event.at("params").at("_meta").at("io.modelcontextprotocol/subscriptionId"), 1);
    }
    http.server.drain();
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    const auto last = sent.events().back();
    EXPECT_EQ(last.at("id"), 1);
    EXPECT_EQ(last.at("result").at("resultType"), "complete");
    EXPECT_EQ(last.at("result").at("_meta").at("io.modelcontextprotocol/subscriptionId"), 1);
}

TEST(ModernHttp, ARevokedTokenHearsOfNothingMore) {
    HttpHarness http;
    auto& sent =
        http.modern("subscriptions/listen", R"({"notifications":{"toolsListChanged":true}})");
    ASSERT_TRUE(http.run_until([&] { return sent.events().size() == 1; }));
    http.authenticator.revoked.insert("a");
    http.server.tools_changed();
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    ASSERT_EQ(sent.events().size(), 2U);
    EXPECT_EQ(sent.events()[1].at("method"), "notifications/cancelled");
    EXPECT_EQ(sent.events()[1].at("params").at("requestId"), 1);
}

TEST(ModernHttp, ListenEndsWithItsPeer) {
    HttpHarness http;
    auto& sent = http.modern("subscriptions/listen", R"({"notifications":{}})");
    ASSERT_TRUE(http.run_until([&] { return sent.events().size() == 1; }));
    EXPECT_FALSE(sent.done);
    sent.writer.peer.cancel();
    EXPECT_TRUE(http.run_until([&] { return sent.done; }));
}

TEST(ModernHttp, DrainingRefusesNewRequestsAndFinishesRunningOnes) {
    HttpHarness http;
    auto& running = http.modern("tools/call", R"({"name":"wait"})");
    EXPECT_EQ(http.server.running_requests(), 1U);
    http.server.drain();
    auto& refused = http.modern("tools/call", R"({"name":"echo"})");
    EXPECT_EQ(refused.status(), 503);
    EXPECT_EQ(refused.body().at("error").at("code"), -31001);
    http.tools.release();
    ASSERT_TRUE(http.run_until([&] { return running.done; }));
    EXPECT_EQ(http.server.running_requests(), 0U);
}

TEST(ModernHttp, CancelAllReachesRunningCalls) {
    HttpHarness http;
    auto& running = http.modern("tools/call", R"({"name":"wait"})");
    http.server.cancel_all();
    ASSERT_TRUE(http.run_until([&] { return running.done; }));
    EXPECT_EQ(http.tools.cancelled, 1);
}

TEST(ModernHttp, RefusesForeignCallersBeforeAnythingElse) {
    HttpHarness http;
    EXPECT_EQ(http.modern("tools/list", "{}", "{}", {{"Host", "evil.example.com"}}).status(), 403);
    EXPECT_EQ(
        http.modern("tools/list", "{}", "{}", {{"Origin", "http://evil.example.com"}}).status(),
        403);
    EXPECT_EQ(http.modern("tools/list", "{}", "{}", {{"Origin", "http://localhost:1"}}).status(),
              200);
    auto& anonymous = http.modern("tools/list", "{}", "{}", {{"Authorization", ""}});
    EXPECT_EQ(anonymous.status(), 401);
    EXPECT_THAT(anonymous.header("WWW-Authenticate"), HasSubstr("invalid_token"));
    EXPECT_EQ(http.post("{}", {{"Content-Type", "text/plain"}}).status(), 415);
    EXPECT_EQ(http.send(net::http::verb::put, "/mcp", "", {}).status(), 405);
    EXPECT_EQ(http.send(net::http::verb::get, "/other", "", {}).status(), 404);
}

}  // namespace
}  // namespace kimbap::mcp::test
