#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "base/json_text.hpp"
#include "support/installation.hpp"
#include "support/mcp_client.hpp"
#include "unit/net/support/scripted_upstream.hpp"

namespace kimbap::test {
namespace {

using namespace std::chrono_literals;
using net::test::RawPeer;
using net::test::ScriptedUpstream;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kManifest = R"(name: feed
version: 1.0.0
description: A service that streams
base_url: @BASE@
auth: {type: none}
actions:
  watch:
    description: Events
    method: GET
    path: /watch
    risk: {level: low, mutating: false}
    response: {stream: sse}
  first:
    description: The first event
    method: GET
    path: /first
    risk: {level: low, mutating: false}
    response: {stream: sse, extract: "[0].a"}
  words:
    description: Events as text
    method: GET
    path: /words
    risk: {level: low, mutating: false}
    response: {type: text, stream: sse, text_filter: {on_empty: silence}}
  persist:
    description: Events, again where they break
    method: GET
    path: /watch
    risk: {level: low, mutating: false}
    response: {stream: sse}
    retry: {max_attempts: 3, backoff_ms: 1}
  look:
    description: No stream
    method: GET
    path: /look
    risk: {level: low, mutating: false}
    response: {type: object}
  change:
    description: Changes something
    method: POST
    path: /change
    risk: {level: low, mutating: true}
)";

constexpr std::string_view kPolicy =
    "version: 1.0.0\nrules:\n  - {id: all, match: {}, decision: allow}\n";

constexpr std::string_view kEvents =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// A kimbap that gives a service a second, and a service that answers in pieces.
class Streams : public ::testing::Test {
protected:
    /// Every connection's answer: its pieces, `pause` before each but the first; then it stays open
    /// where `stay`.
    void answer(std::vector<std::string> pieces, std::chrono::milliseconds pause = 0ms,
                bool stay = false) {
        upstream_.emplace([pieces = std::move(pieces), pause, stay](RawPeer& peer, int) {
            peer.read_message();
            for (const std::string& piece : pieces) {
                if (&piece != &pieces.front()) std::this_thread::sleep_for(pause);
                peer.send(piece);
            }
            if (stay) peer.ended();
        });
        kimbap_.manifest("feed", std::string(kManifest),
                         "http://127.0.0.1:" + std::to_string(upstream_->port()));
    }
    Ran call(const std::string& action) { return kimbap_.kimbap({"call", "feed." + action}); }

    Streams() { kimbap_.policy("all", kPolicy); }

    Installation kimbap_{"egress: {timeout: 1s}\n"};
    std::optional<ScriptedUpstream> upstream_;
};

TEST_F(Streams, GoOnForLongerThanTheTimeoutAsLongAsEventsArrive) {
    std::vector<std::string> pieces{std::string(kEvents)};
    for (int i = 1; i <= 6; ++i) pieces.push_back("data: " + std::to_string(i) + "\n\n");
    answer(std::move(pieces), 300ms);
    const Ran ran = call("watch");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(parse_json(ran.out).value(), parse_json("[1,2,3,4,5,6]").value());
}

TEST_F(Streams, EndWhereTheyFallSilent) {
    answer({std::string(kEvents), "data: 1\n\n"}, 0ms, true);
    const Ran ran = call("watch");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("nothing more of the answer of 127.0.0.1 came in time"));
}

TEST_F(Streams, ThatBreakAreAskedForAgainUntilTheCallerWasToldOfAnEvent) {
    const std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 500\r\n\r\n";
    const auto attempts = [&] {
        EXPECT_EQ(call("persist").code, 1);
        return kimbap_.audit().back().at("execution").at("attempts").as_int64();
    };
    answer({head + ": nothing yet\n\n"});
    EXPECT_EQ(attempts(), 3);
    answer({head + "data: 1\n\n"});
    EXPECT_EQ(attempts(), 1);
}

TEST_F(Streams, AreReadByTheRulesOfEventStreams) {
    answer({std::string(kEvents), "\xEF\xBB",
            "\xBF"
            "data: {\"a\":1}\r",
            "\n\r", "\ndata: 2\r\r"},
           20ms);
    const Ran ran = call("watch");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(parse_json(ran.out).value(), parse_json(R"([{"a":1},2])").value());
    EXPECT_EQ(parse_json(call("first").out).value(), 1);
}

TEST_F(Streams, AnEventThatIsNotJsonIsAnErrorWhereItShouldBe) {
    answer({std::string(kEvents) + "data: {\"a\":1}\n\ndata: oops\n\n"});
    const Ran promised = call("first");
    EXPECT_EQ(promised.code, 1);
    EXPECT_EQ(promised.out, "");
    EXPECT_THAT(promised.err,
                AllOf(HasSubstr("not the JSON that it should be"), HasSubstr("event 2")));
    EXPECT_THAT(call("watch").out, HasSubstr("oops"));
}

TEST_F(Streams, AreATextWhereTheManifestSaysSo) {
    answer({std::string(kEvents) + "data: 42\n\ndata: true\n\n"});
    EXPECT_EQ(call("words").out, "42\ntrue\n");
    answer({std::string(kEvents)});
    EXPECT_EQ(call("words").out, "silence\n");
}

TEST_F(Streams, AnEncodedAnswerIsAnErrorThatNamesItsCoding) {
    const auto encoded = [](const std::string& status, const std::string& coding) {
        return "HTTP/1.1 " + status +
               "\r\nContent-Type: application/json\r\nContent-Encoding: " + coding +
               "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    };
    answer({encoded("200 OK", "gzip")});
    for (const char* action : {"look", "watch"}) {
        const Ran ran = call(action);
        EXPECT_EQ(ran.code, 1) << action;
        EXPECT_THAT(ran.err, HasSubstr("Content-Encoding: gzip")) << action;
    }
    EXPECT_THAT(call("change").err,
                AllOf(HasSubstr("Content-Encoding: gzip"), HasSubstr("may have taken effect")));
    answer({encoded("503 Busy", "br")});
    EXPECT_THAT(call("look").err, AllOf(HasSubstr("HTTP 503"), HasSubstr("Content-Encoding: br")));
    answer({encoded("200 OK", "Identity")});
    EXPECT_EQ(call("look").code, 0);
}

TEST_F(Streams, AreStoppedWithTheirCall) {
    std::vector<std::string> pieces{std::string(kEvents)};
    for (int i = 1; i <= 100; ++i) pieces.push_back("data: " + std::to_string(i) + "\n\n");
    answer(std::move(pieces), 100ms);
    const auto start = std::chrono::steady_clock::now();
    {
        StdioClient agent(kimbap_.start({"mcp"}));
        agent.program().write(
            R"({"jsonrpc":"2.0","id":77,"method":"tools/call","params":{"name":"feed_watch"}})"
            "\n");
        std::this_thread::sleep_for(1500ms);
        agent.program().write(
            R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}})"
            "\n");
        eventually("the end of the call", [&] {
            for (const auto& record : kimbap_.audit()) {
                if (record.at("kind") == "call.finished") {
                    EXPECT_EQ(record.at("execution").at("status"), "cancelled");
                    return true;
                }
            }
            return false;
        });
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 8s);
}

}  // namespace
}  // namespace kimbap::test
