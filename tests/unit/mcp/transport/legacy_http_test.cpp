#include "mcp/transport/legacy_http.hpp"

#include <gmock/gmock.h>

#include "base/json_text.hpp"
#include "unit/mcp/support/http_harness.hpp"

namespace kimbap::mcp::test {
namespace {

std::string request(int id, std::string method, std::string params = "{}") {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + method +
           R"(","params":)" + params + "}";
}

std::string call(int id, std::string name) {
    return request(id, "tools/call", R"({"name":")" + name + R"(","_meta":{"progressToken":"p"}})");
}

std::string text_of(const json::value& response) {
    return to_json(response.at("result").at("content").at(0).at("text"));
}

/// The id: line that stands last in a stream.
std::string last_event_id(const Sent& sent) {
    const auto position = sent.writer.stream.rfind("id: ");
    return sent.writer.stream.substr(position + 4,
                                     sent.writer.stream.find('\n', position) - position - 4);
}

TEST(LegacyHttp, NegotiatesTheRevision) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"2024-11-05", "2024-11-05"}, {"2025-03-26", "2025-03-26"}, {"2025-06-18", "2025-06-18"},
        {"2025-11-25", "2025-11-25"}, {"2026-07-28", "2025-11-25"}, {"1999-01-01", "2025-11-25"},
    };
    for (const auto& [asked, answered] : cases) {
        HttpHarness http;
        auto& sent = http.post(
            request(0, "initialize",
                    R"({"protocolVersion":")" + asked + R"(","capabilities":{},"clientInfo":{}})"));
        ASSERT_EQ(sent.status(), 200) << asked;
        const auto result = sent.body().at("result");
        EXPECT_EQ(result.at("protocolVersion"), answered.c_str()) << asked;
        EXPECT_EQ(result.at("serverInfo").at("name"), "test");
        EXPECT_TRUE(result.at("capabilities").at("resources").at("subscribe").as_bool());
        EXPECT_FALSE(result.as_object().contains("resultType"));
        EXPECT_EQ(sent.header("Mcp-Session-Id").size(), 32U);
    }
}

TEST(LegacyHttp, TakesMcpMethodHeadersOfBridgesForLegacy) {
    HttpHarness http;
    auto& sent =
        http.post(request(0, "initialize", R"({"protocolVersion":"2025-06-18","capabilities":{}})"),
                  {{"Mcp-Method", "initialize"}, {"MCP-Protocol-Version", "2025-06-18"}});
    EXPECT_EQ(sent.status(), 200);
    EXPECT_NE(sent.header("Mcp-Session-Id"), "");
}

TEST(LegacyHttp, ServesASession) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& ready = http.legacy(session, R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
    EXPECT_EQ(ready.status(), 202);
    EXPECT_EQ(ready.writer.response->body, "");
    EXPECT_EQ(to_json(http.legacy(session, request(1, "ping")).body()),
              R"({"jsonrpc":"2.0","id":1,"result":{}})");
    EXPECT_EQ(to_json(http.legacy(session, request(2, "logging/setLevel", R"({"level":"info"})"))
                          .body()
                          .at("result")),
              "{}");
    auto& listed = http.legacy(session, request(3, "tools/list"));
    EXPECT_EQ(listed.body().at("result").at("tools").as_array().size(), 9U);
    EXPECT_FALSE(listed.body().at("result").as_object().contains("ttlMs"));
    EXPECT_FALSE(listed.body().at("result").as_object().contains("resultType"));
    auto& unknown = http.legacy(session, request(4, "no/such"));
    EXPECT_EQ(unknown.body().at("error").at("code"), -32601);
    auto& missing = http.legacy(session, request(5, "resources/read", R"({"uri":"test://x"})"));
    EXPECT_EQ(missing.body().at("error").at("code"), -32002);
    auto& asked = http.legacy(session, call(6, "ask"));
    EXPECT_TRUE(asked.body().at("result").at("isError").as_bool());  // for the model to read
}

TEST(LegacyHttp, RefusesWhatHasNoSession) {
    HttpHarness http;
    const auto session = http.initialize();
    EXPECT_EQ(http.post(request(1, "ping")).status(), 400);
    EXPECT_EQ(http.legacy("nonsense", request(1, "ping")).status(), 404);
    EXPECT_EQ(
        http.legacy(session, request(1, "ping"), {{"MCP-Protocol-Version", "bogus"}}).status(),
        400);
    EXPECT_EQ(
        http.legacy(session, request(1, "ping"), {{"MCP-Protocol-Version", "2025-03-26"}}).status(),
        200);
    // Another principal can't tell the session from none.
    EXPECT_EQ(http.legacy(session, request(1, "ping"), {{"Authorization", "Bearer b"}}).status(),
              404);
    EXPECT_EQ(http.get(session, {{"Authorization", "Bearer b"}}).status(), 404);
    EXPECT_EQ(http.get("").status(), 400);
    EXPECT_EQ(http.legacy(session, request(1, "initialize", R"({"protocolVersion":"2025-11-25"})"))
                  .body()
                  .at("error")
                  .at("code"),
              -32600);
}

TEST(LegacyHttp, DeleteEndsTheSessionAndItsCalls) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& stream = http.get(session);
    auto& running = http.legacy(session, call(1, "wait"));
    auto& ended = http.send(net::http::verb::delete_, "/mcp", "", {{"Mcp-Session-Id", session}});
    EXPECT_EQ(ended.status(), 204);
    ASSERT_TRUE(http.run_until([&] { return running.done && stream.done; }));
    EXPECT_EQ(http.tools.cancelled, 1);
    EXPECT_EQ(http.legacy(session, request(1, "ping")).status(), 404);
    EXPECT_EQ(http.server.sessions(), 0U);
}

TEST(LegacyHttp, ACallThatTheServerCancelsIsAnswered) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& running = http.legacy(session, call(1, "wait"));
    ASSERT_TRUE(http.run_until([&] { return running.writer.streaming; }));
    auto& withdrawn = http.legacy(session, call(2, "wait"));
    http.legacy(session,
                R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}})");
    ASSERT_TRUE(http.run_until([&] { return withdrawn.done; }));
    http.server.drain();
    http.server.cancel_all();
    ASSERT_TRUE(http.run_until([&] { return running.done; }));
    ASSERT_EQ(running.events().size(), 1U) << running.writer.stream;
    EXPECT_EQ(running.events()[0].at("id"), 1);
    EXPECT_EQ(text_of(running.events()[0]), R"("cancelled")");
    EXPECT_TRUE(running.writer.ended);
    EXPECT_TRUE(withdrawn.events().empty()) << "its client has given it up";
}

TEST(LegacyHttp, StreamsProgressWithEventIds) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& sent = http.legacy(session, call(1, "progress"));
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    const auto events = sent.events();
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0].at("params").at("progressToken"), "p");
    EXPECT_EQ(events[3].at("id"), 1);
    EXPECT_TRUE(sent.writer.stream.starts_with("id: 1-0\nretry: 1000\ndata:\n\n"))
        << sent.writer.stream;
    EXPECT_EQ(last_event_id(sent), "1-4");
}

TEST(LegacyHttp, OlderClientsGetNoEmptyEvent) {
    HttpHarness http;
    const auto session = http.initialize("2025-03-26");
    auto& sent = http.legacy(session, call(1, "progress"));
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_TRUE(sent.writer.stream.starts_with("id: 1-1\nevent: message\n")) << sent.writer.stream;
}

TEST(LegacyHttp, ResumesABrokenStreamWithoutLosingTheAnswer) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& sent = http.legacy(session, call(1, "wait"));
    ASSERT_TRUE(http.run_until([&] { return sent.writer.streaming; }));
    sent.writer.peer.cancel();
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_EQ(http.tools.cancelled, 0) << "a broken connection does not cancel in this era";
    http.tools.release();
    http.settle();
    auto& resumed = http.get(session, {{"Last-Event-ID", "1-0"}});
    ASSERT_TRUE(http.run_until([&] { return resumed.done; }));
    ASSERT_EQ(resumed.events().size(), 1U);
    EXPECT_EQ(text_of(resumed.events()[0]), R"("waited")");
    auto& bad = http.get(session, {{"Last-Event-ID", "77-0"}});
    EXPECT_EQ(bad.status(), 400);
}

TEST(LegacyHttp, ReplaysAfterTheLastEventSeen) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& sent = http.legacy(session, call(1, "progress"));
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    auto& resumed = http.get(session, {{"Last-Event-ID", "1-2"}});
    ASSERT_TRUE(http.run_until([&] { return resumed.done; }));
    ASSERT_EQ(resumed.events().size(), 2U);
    EXPECT_EQ(resumed.events()[0].at("params").at("progress"), 3);
}

TEST(LegacyHttp, LetsAClientPoll) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& sent = http.legacy(session, call(1, "detach"));
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_TRUE(sent.writer.stream.starts_with("id: 1-0\nretry: ")) << sent.writer.stream;
    EXPECT_TRUE(sent.events().empty());
    auto& resumed = http.get(session, {{"Last-Event-ID", "1-0"}});
    http.tools.release();
    ASSERT_TRUE(http.run_until([&] { return resumed.done; }));
    EXPECT_EQ(resumed.events().at(0).at("id"), 1);
}

TEST(LegacyHttp, AsksTheClientOnTheCallsStream) {
    HttpHarness http;
    const auto session = http.initialize("2025-06-18", R"({"elicitation":{}})");
    auto& sent = http.legacy(session, call(1, "ask"));
    ASSERT_TRUE(http.run_until([&] { return sent.events().size() == 1; }));
    const auto question = sent.events()[0];
    EXPECT_EQ(question.at("method"), "elicitation/create");
    EXPECT_EQ(question.at("params").at("message"), "Who?");
    auto& answered = http.legacy(session, R"({"jsonrpc":"2.0","id":)" + to_json(question.at("id")) +
                                              R"(,"result":{"action":"accept"}})");
    EXPECT_EQ(answered.status(), 202);
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_EQ(text_of(sent.events()[1]), R"("Hello {\"action\":\"accept\"}")");
    EXPECT_EQ(http.tools.calls, 2);
}

TEST(LegacyHttp, AsksNobodyWhoTakesNoStream) {
    HttpHarness http;
    const auto session = http.initialize("2025-06-18", R"({"elicitation":{}})");
    auto& sent = http.legacy(session, call(1, "ask"), {{"Accept", "application/json"}});
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_EQ(sent.body().at("error").at("code"), -32600);
}

TEST(LegacyHttp, DrainingEndsStreamsAndFinishesCalls) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& stream = http.get(session);
    auto& sse = http.send(net::http::verb::get, "/sse", "", {});
    auto& running = http.legacy(session, call(1, "wait"));
    http.server.drain();
    ASSERT_TRUE(http.run_until([&] { return stream.done && sse.done; }));
    auto& refused = http.legacy(session, call(2, "echo"));
    EXPECT_EQ(refused.body().at("error").at("code"), -31001);
    EXPECT_EQ(http.get(session).status(), 503);
    EXPECT_FALSE(running.done);
    http.tools.release();
    ASSERT_TRUE(http.run_until([&] { return running.done; }));
    EXPECT_NE(running.status(), 503);
}

TEST(LegacyHttp, AClientsRefusalToAnswerFailsTheCall) {
    HttpHarness http;
    const auto session = http.initialize("2025-06-18", R"({"elicitation":{}})");
    auto& sent = http.legacy(session, call(1, "ask"));
    ASSERT_TRUE(http.run_until([&] { return sent.events().size() == 1; }));
    http.legacy(session, R"({"jsonrpc":"2.0","id":)" + to_json(sent.events()[0].at("id")) +
                             R"(,"error":{"code":-1,"message":"no"}})");
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_EQ(sent.events()[1].at("error").at("code"), -32603);
}

TEST(LegacyHttp, CancelsAndThenSaysNothing) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& sent = http.legacy(session, call(9, "wait"));
    auto& cancel = http.legacy(
        session,
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}})");
    EXPECT_EQ(cancel.status(), 202);
    ASSERT_TRUE(http.run_until([&] { return sent.done; }));
    EXPECT_EQ(http.tools.cancelled, 1);
    EXPECT_TRUE(sent.events().empty());
}

TEST(LegacyHttp, RefusesADuplicateIdWhileItRuns) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& running = http.legacy(session, call(9, "wait"));
    EXPECT_EQ(http.legacy(session, call(9, "echo")).body().at("error").at("code"), -32600);
    EXPECT_EQ(http.legacy(session, call(10, "echo")).status(), 200);
    http.tools.release();
    ASSERT_TRUE(http.run_until([&] { return running.done; }));
    EXPECT_EQ(http.legacy(session, call(9, "echo")).status(), 200);
}

TEST(LegacyHttp, BoundsRequestsOfASession) {
    auto options = HttpHarness::default_options();
    options.limits.max_pending_requests = 1;
    HttpHarness http(options);
    const auto session = http.initialize();
    http.legacy(session, call(1, "wait"));
    EXPECT_EQ(http.legacy(session, call(2, "echo")).body().at("error").at("code"), -31002);
    http.tools.release();
    http.settle();
}

TEST(LegacyHttp, BoundsSessionsAndSweepsIdleOnes) {
    auto options = HttpHarness::default_options();
    options.limits.max_sessions = 2;
    HttpHarness http(options);
    EXPECT_NE(http.initialize(), "");
    EXPECT_NE(http.initialize(), "");
    EXPECT_EQ(http.initialize(), "");
    options.limits.session_idle = std::chrono::seconds(0);
    HttpHarness sweeping(options);
    for (int i = 0; i < 5; ++i) EXPECT_NE(sweeping.initialize(), "");
}

TEST(LegacyHttp, BatchesBelongToOneRevision) {
    HttpHarness http;
    const std::string batch = "[" + call(1, "echo") + "," + request(2, "ping") +
                              R"(,{"jsonrpc":"2.0","method":"notifications/x"}])";
    const auto session = http.initialize("2025-03-26");
    auto& sent = http.legacy(session, batch);
    ASSERT_EQ(sent.status(), 200);
    EXPECT_EQ(sent.body().as_array().size(), 2U);
    EXPECT_EQ(http.legacy(session, R"([{"jsonrpc":"2.0","method":"notifications/x"}])").status(),
              202);
    EXPECT_EQ(http.legacy(session, "[]").status(), 400);
    auto& mixed = http.legacy(session, "[" + request(3, "ping") + R"(,3,{"foo":"boo"}])");
    ASSERT_EQ(mixed.status(), 200);
    EXPECT_EQ(mixed.body().as_array().size(), 3U) << to_json(mixed.body());
    EXPECT_EQ(http.legacy(session, "[3]").body().as_array().size(), 1U);
    const auto newer = http.initialize("2025-06-18");
    EXPECT_EQ(http.legacy(newer, batch).status(), 400);
}

TEST(LegacyHttp, TheGetStreamHearsOfChanges) {
    HttpHarness http;
    const auto session = http.initialize();
    http.server.prompts_changed();  // Before the stream is there: kept for it.
    auto& stream = http.get(session);
    http.legacy(session, request(1, "resources/subscribe", R"({"uri":"test://one"})"));
    EXPECT_EQ(http.legacy(session, request(2, "resources/subscribe", R"({"uri":"test://no"})"))
                  .body()
                  .at("error")
                  .at("code"),
              -32002);
    http.server.tools_changed();
    http.server.resource_updated("test://one");
    http.server.resource_updated("test://two");
    ASSERT_TRUE(http.run_until([&] { return stream.events().size() >= 3; }));
    EXPECT_EQ(to_json(stream.events()[0]),
              R"({"jsonrpc":"2.0","method":"notifications/prompts/list_changed"})");
    EXPECT_EQ(stream.events()[1].at("method"), "notifications/tools/list_changed");
    EXPECT_EQ(stream.events()[2].at("params").at("uri"), "test://one");
    http.legacy(session, request(3, "resources/unsubscribe", R"({"uri":"test://one"})"));
    http.server.resource_updated("test://one");
    auto& second = http.get(session);
    ASSERT_TRUE(http.run_until([&] { return stream.done; })) << "a second stream takes over";
    http.server.tools_changed();
    ASSERT_TRUE(http.run_until([&] { return second.events().size() == 1; }));
    EXPECT_EQ(stream.events().size(), 3U);
}

TEST(LegacyHttp, OlderRevisionsGetWhatTheyKnow) {
    HttpHarness http;
    const auto old = http.initialize("2024-11-05");
    auto& audio = http.legacy(old, call(1, "audio"));
    const auto block = audio.body().at("result").at("content").at(0);
    EXPECT_EQ(block.at("type"), "resource");
    EXPECT_EQ(block.at("resource").at("blob"), "AAAA");
    EXPECT_FALSE(http.legacy(old, call(2, "echo"))
                     .body()
                     .at("result")
                     .as_object()
                     .contains("structuredContent"));
    const auto newer = http.initialize("2025-06-18");
    EXPECT_EQ(
        http.legacy(newer, call(1, "audio")).body().at("result").at("content").at(0).at("type"),
        "audio");
    EXPECT_TRUE(http.legacy(newer, call(2, "echo"))
                    .body()
                    .at("result")
                    .as_object()
                    .contains("structuredContent"));
}

TEST(LegacyHttp, RevokedTokensLoseTheirStreams) {
    HttpHarness http;
    const auto session = http.initialize();
    auto& stream = http.get(session);
    http.authenticator.revoked.insert("a");
    EXPECT_EQ(http.legacy(session, request(1, "ping")).status(), 401);
    EXPECT_TRUE(http.run_until([&] { return stream.done; }));
}

TEST(SseHttp, SpeaksOverOneStream) {
    HttpHarness http;
    auto& stream = http.send(net::http::verb::get, "/sse", "", {{"Accept", "text/event-stream"}});
    ASSERT_TRUE(http.run_until([&] { return !stream.writer.stream.empty(); }));
    const std::string start = "event: endpoint\ndata: ";
    ASSERT_TRUE(stream.writer.stream.starts_with(start + "/messages?session_id="));
    const auto end = stream.writer.stream.find("\n\n");
    const auto target = stream.writer.stream.substr(start.size(), end - start.size());
    const auto post = [&](std::string body, std::string token = "a") -> int {
        return http
            .send(net::http::verb::post, target, std::move(body),
                  {{"Authorization", "Bearer " + token}})
            .status();
    };
    EXPECT_EQ(post(call(1, "echo")), 202);
    ASSERT_TRUE(http.run_until([&] { return stream.events().size() == 1; }));
    EXPECT_TRUE(stream.events()[0].as_object().contains("error")) << "not initialized yet";
    EXPECT_EQ(
        post(request(2, "initialize", R"({"protocolVersion":"2024-11-05","capabilities":{}})")),
        202);
    EXPECT_EQ(post(call(3, "progress")), 202);
    ASSERT_TRUE(http.run_until([&] { return stream.events().size() == 6; }));
    EXPECT_EQ(stream.events()[1].at("result").at("protocolVersion"), "2024-11-05");
    EXPECT_EQ(stream.events()[2].at("method"), "notifications/progress");
    EXPECT_EQ(text_of(stream.events()[5]), R"("done")");
    EXPECT_EQ(post("{"), 400);
    EXPECT_EQ(post(request(4, "ping"), "b"), 404);
    EXPECT_EQ(post(call(5, "wait")), 202);
    stream.writer.peer.cancel();
    ASSERT_TRUE(http.run_until([&] { return stream.done && http.tools.cancelled == 1; }));
    EXPECT_EQ(post(request(6, "ping")), 404);
    EXPECT_EQ(http.server.sessions(), 0U);
}

TEST(SseHttp, DrainingWaitsForTheLastAnswer) {
    HttpHarness http;
    auto& stream = http.send(net::http::verb::get, "/sse", "", {});
    ASSERT_TRUE(http.run_until([&] { return !stream.writer.stream.empty(); }));
    const auto start = stream.writer.stream.find("/messages");
    const auto target =
        stream.writer.stream.substr(start, stream.writer.stream.find('\n', start) - start);
    http.send(net::http::verb::post, target,
              request(1, "initialize", R"({"protocolVersion":"2024-11-05","capabilities":{}})"),
              {});
    http.send(net::http::verb::post, target, call(2, "wait"), {});
    http.settle();
    http.server.drain();
    http.settle();
    EXPECT_FALSE(stream.done);
    http.tools.release();
    ASSERT_TRUE(http.run_until([&] { return stream.done; }));
    EXPECT_EQ(stream.events().back().at("id"), 2);
}

}  // namespace
}  // namespace kimbap::mcp::test
