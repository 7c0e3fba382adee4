#include "net/http_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_folder.hpp"
#include "unit/net/support/client_harness.hpp"
#include "unit/net/support/scripted_upstream.hpp"
#include "unit/net/support/server_harness.hpp"

namespace kimbap::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::ClientHarness;
using test::RawPeer;
using test::ScriptedUpstream;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Sends `answer` to the first request and closes the connection.
ScriptedUpstream::Script answer_and_close(std::string answer) {
    return [answer = std::move(answer)](RawPeer& peer, int) {
        peer.read_message();
        peer.send(answer);
    };
}

TEST(HttpClient, SendsWhatIsAskedAndWhatIsItsAffair) {
    const ScriptedUpstream upstream(kOk);
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(upstream.port(), "/a%20b?c=d");
    request.method = "POST";
    request.headers = {{"X-One", "1"},
                       {"X-One", "2"},
                       {"host", "evil.example"},
                       {"Content-length", "7"},
                       {"Transfer-Encoding", "chunked"},
                       {"Connection", "close"},
                       {"Accept-Encoding", "gzip"},
                       {"TE", "trailers"},
                       {"Expect", "100-continue"}};
    request.body = "body";
    EXPECT_EQ(harness.send(std::move(request)).response.value().body, "ok");
    EXPECT_EQ(harness.get(upstream.port()).response.value().body, "ok");
    OutboundRequest empty_post = ClientHarness::request_to(upstream.port());
    empty_post.method = "POST";
    EXPECT_TRUE(harness.send(std::move(empty_post)).response);
    const std::string host = "Host: 127.0.0.1:" + std::to_string(upstream.port()) + "\r\n";
    const std::vector<std::string> expected{
        "POST /a%20b?c=d HTTP/1.1\r\n" + host +
            "X-One: 1\r\nX-One: 2\r\nAccept-Encoding: identity\r\nContent-Length: 4\r\n\r\nbody",
        "GET / HTTP/1.1\r\n" + host + "Accept-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\n" + host + "Accept-Encoding: identity\r\nContent-Length: 0\r\n\r\n"};
    EXPECT_EQ(upstream.requests(), expected);
    EXPECT_EQ(upstream.connections(), 1) << "one connection serves them all";
}

TEST(HttpClient, RefusesHeadersThatWouldSplitTheRequest) {
    const ScriptedUpstream upstream(kOk);
    ClientHarness harness;
    const std::vector<std::pair<std::string, std::string>> headers{
        {"X-A", "1\r\nX-B: 2"}, {"X-A", "1\n2"}, {"X-A", "1\r2"}, {"X-A\r\nX-B", "1"},
        {"X-A", {"1\0002", 3}}, {"X A", "1"},    {"", "1"},       {"X-A:", "1"}};
    for (const auto& header : headers) {
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.headers = {header};
        const Exchange out = harness.send(std::move(request));
        EXPECT_FALSE(out.response) << header.first;
        EXPECT_EQ(out.error.code, Errc::invalid_argument);
        EXPECT_FALSE(out.may_have_reached_peer);
        EXPECT_EQ(out.error.message.find("X-B: 2"), std::string::npos);
    }
    OutboundRequest method = ClientHarness::request_to(upstream.port());
    method.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET";
    EXPECT_EQ(harness.send(std::move(method)).error.code, Errc::invalid_argument);
    OutboundRequest target = ClientHarness::request_to(upstream.port());
    target.url.target = "/ HTTP/1.1\r\nX: y\r\n\r\nGET /";
    EXPECT_EQ(harness.send(std::move(target)).error.code, Errc::invalid_argument);
    EXPECT_EQ(upstream.connections(), 0);
}

TEST(HttpClient, ReadsAnswersHoweverTheyAreFramed) {
    const struct {
        std::string answer;
        unsigned status;
        std::string body;
    } table[]{
        {kOk, 200, "ok"},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope", 404, "nope"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n"
         "T: v\r\n\r\n",
         200, "ok"},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"},
        {"HTTP/1.1 200 OK\r\n\r\n", 200, ""},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kOk, 200,
         "ok"},
        {"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
    };
    for (const auto& row : table) {
        const ScriptedUpstream upstream(answer_and_close(row.answer));
        ClientHarness harness;
        const Exchange out = harness.get(upstream.port());
        ASSERT_TRUE(out.response) << row.answer << ": " << out.error.message;
        EXPECT_EQ(out.response->status, row.status) << row.answer;
        EXPECT_EQ(out.response->body, row.body) << row.answer;
        EXPECT_EQ(out.response->body_bytes, row.body.size()) << row.answer;
    }
}

TEST(HttpClient, ReadsAnswersThatArriveByteByByte) {
    const std::string answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    const ScriptedUpstream upstream([&](RawPeer& peer, int) {
        peer.read_message();
        for (const char byte : answer) peer.send(std::string(1, byte));
    });
    ClientHarness harness;
    const Exchange out = harness.get(upstream.port());
    ASSERT_TRUE(out.response) << out.error.message;
    EXPECT_EQ(out.response->body, "ok");
    EXPECT_EQ(out.response->header("x-a"), "b");
    EXPECT_EQ(out.response->header("absent"), "");
}

TEST(HttpClient, ReadsNoBodyAfterHead) {
    const ScriptedUpstream upstream("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    ClientHarness harness;
    for (int i = 0; i < 2; ++i) {
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.method = "HEAD";
        const Exchange out = harness.send(std::move(request));
        ASSERT_TRUE(out.response) << out.error.message;
        EXPECT_EQ(out.response->header("Content-Length"), "500");
        EXPECT_EQ(out.response->body, "");
    }
    EXPECT_EQ(upstream.connections(), 1);
}

TEST(HttpClient, FollowsNoRedirect) {
    const ScriptedUpstream elsewhere(kOk);
    const ScriptedUpstream upstream(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:" + std::to_string(elsewhere.port()) +
        "/\r\nContent-Length: 0\r\n\r\n");
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.headers = {{"Authorization", "Bearer secret"}};
    const Exchange out = harness.send(std::move(request));
    ASSERT_TRUE(out.response);
    EXPECT_EQ(out.response->status, 302U);
    EXPECT_EQ(elsewhere.connections(), 0);
    EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST(HttpClient, ReusesOnlyConnectionsThatAreFitForIt) {
    const struct {
        std::string answer;
        bool reused;
    } table[]{
        {kOk, true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
        {kOk + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", false},
    };
    for (const auto& row : table) {
        const ScriptedUpstream upstream(row.answer);
        ClientHarness harness;
        for (int i = 0; i < 3; ++i) {
            const Exchange out = harness.get(upstream.port());
            ASSERT_TRUE(out.response) << out.error.message;
            EXPECT_NE(out.response->body, "forged");
        }
        EXPECT_EQ(upstream.connections(), row.reused ? 1 : 3) << row.answer;
    }
}

TEST(HttpClient, OpensAConnectionForEachRequestThatRunsAtOnce) {
    constexpr int kRequests = 8;
    std::promise<void> all_here;
    const auto here = all_here.get_future().share();
    std::atomic<int> waiting{0};
    const ScriptedUpstream upstream([&](RawPeer& peer, int) {
        peer.read_message();
        if (++waiting == kRequests) all_here.set_value();
        here.wait_for(10s);
        peer.send(kOk);
        EXPECT_TRUE(peer.ended());
    });
    {
        ClientHarness harness;
        int answered = 0;
        for (int i = 0; i < kRequests; ++i) {
            const auto one = [&]() -> Task<void> {
                OutboundRequest request = ClientHarness::request_to(upstream.port());
                const Exchange out = co_await harness.client.send(std::move(request));
                if (out.response) ++answered;
            };
            asio::co_spawn(harness.context, one, asio::detached);
        }
        harness.context.run();
        EXPECT_EQ(answered, kRequests);
        harness.client.close_idle();
    }
    EXPECT_EQ(upstream.connections(), kRequests);
}

/// Answers one request a connection with keep-alive, then closes it; says when it did.
ScriptedUpstream::Script closes_after_one(std::promise<void>& closed, std::atomic<int>& requests) {
    return [&](RawPeer& peer, int nth) {
        if (peer.read_message().head.empty()) return;
        ++requests;
        peer.send(kOk);
        peer.close();
        if (nth == 0) closed.set_value();
    };
}

TEST(HttpClient, ReplacesAPooledConnectionThatThePeerClosed) {
    for (const bool idempotent : {false, true}) {
        std::promise<void> closed;
        std::atomic<int> requests{0};
        const ScriptedUpstream upstream(closes_after_one(closed, requests));
        ClientHarness harness;
        ASSERT_TRUE(harness.get(upstream.port()).response);
        closed.get_future().wait();
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.method = "POST";
        request.idempotent = idempotent;
        const Exchange out = harness.send(std::move(request));
        ASSERT_TRUE(out.response) << out.error.message;
        EXPECT_EQ(requests, 2);
    }
}

TEST(HttpClient, SendsAgainOnlyWhatMayBeSentTwice) {
    // The pooled connection still looks alive, and dies once the second request came.
    for (const bool idempotent : {false, true}) {
        std::atomic<int> requests{0};
        const ScriptedUpstream upstream([&](RawPeer& peer, int nth) {
            if (peer.read_message().head.empty()) return;
            ++requests;
            peer.send(kOk);
            if (peer.read_message().head.empty()) return;
            ++requests;
            if (nth == 0) return;
        });
        {
            ClientHarness harness;
            ASSERT_TRUE(harness.get(upstream.port()).response);
            OutboundRequest request = ClientHarness::request_to(upstream.port());
            request.method = "POST";
            request.body = "once";
            request.idempotent = idempotent;
            const Exchange out = harness.send(std::move(request));
            EXPECT_EQ(out.response.has_value(), idempotent);
            EXPECT_TRUE(out.may_have_reached_peer);
            EXPECT_TRUE(idempotent || out.error.code == Errc::unavailable);
        }
        EXPECT_EQ(requests, idempotent ? 3 : 2);
    }
}

TEST(HttpClient, DoesNotSendAgainOnAFreshConnection) {
    std::atomic<int> requests{0};
    const ScriptedUpstream upstream([&](RawPeer& peer, int) {
        peer.read_message();
        ++requests;
    });
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.idempotent = true;
    const Exchange out = harness.send(std::move(request));
    EXPECT_EQ(out.error.code, Errc::unavailable);
    EXPECT_TRUE(out.may_have_reached_peer);
    EXPECT_EQ(requests, 1) << "retrying is the caller's affair";
}

/// A client that takes an answer's pieces, within 300 ms for its head and for each silence.
OutboundRequest streamed_from(const ScriptedUpstream& upstream, std::string& taken) {
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.deadline = steady_clock::now() + 300ms;
    request.max_silence = 300ms;
    request.on_chunk = [&taken](std::string_view piece) { taken += piece; };
    return request;
}

TEST(HttpClient, AStreamGoesOnBeyondTheDeadlineAsLongAsItIsNotSilent) {
    const ScriptedUpstream upstream([](RawPeer& peer, int) {
        peer.read_message();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
        for (int i = 0; i < 6; ++i) {
            std::this_thread::sleep_for(100ms);
            peer.send("x");
        }
    });
    ClientHarness harness;
    std::string taken;
    const Exchange out = harness.send(streamed_from(upstream, taken));
    ASSERT_TRUE(out.response) << out.error.message;
    EXPECT_EQ(taken, "xxxxxx");
}

TEST(HttpClient, AStreamThatFallsSilentTimesOut) {
    const struct {
        std::string answer;
        std::string says;
    } table[]{
        {"", "no answer from 127.0.0.1 in time while waiting for the answer"},
        {"HTTP/1.1 200 OK\r\nContent-", "no answer from 127.0.0.1 in time while waiting"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", "nothing more of the answer of 127.0.0.1"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nx",
         "nothing more of the answer of 127.0.0.1"},
        {"HTTP/1.1 500 Oh\r\nContent-Length: 6\r\n\r\nx",
         "the answer of 127.0.0.1 was not complete in time"},
    };
    for (const auto& row : table) {
        const ScriptedUpstream upstream([&](RawPeer& peer, int) {
            peer.read_message();
            peer.send(row.answer);
            EXPECT_TRUE(peer.ended());
        });
        ClientHarness harness;
        std::string taken;
        const auto start = steady_clock::now();
        const Exchange out = harness.send(streamed_from(upstream, taken));
        EXPECT_EQ(out.error.code, Errc::timed_out) << row.answer;
        EXPECT_NE(out.error.message.find(row.says), std::string::npos) << out.error.message;
        EXPECT_GE(steady_clock::now() - start, 300ms);
        EXPECT_LT(steady_clock::now() - start, 2s);
    }
}

TEST(HttpClient, AStreamIsCancelledInItsMidst) {
    const ScriptedUpstream upstream([](RawPeer& peer, int) {
        peer.read_message();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nx");
        EXPECT_TRUE(peer.ended());
    });
    ClientHarness harness;
    async::CancelSource stop;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.max_silence = 10s;
    request.cancel = stop.token();
    request.on_chunk = [&](std::string_view) {
        asio::post(harness.context, [&stop] { stop.cancel(); });
    };
    const Exchange out = harness.send(std::move(request));
    EXPECT_EQ(out.error.code, Errc::cancelled);
}

TEST(HttpClient, SaysWhatIsWrongWithAnAnswer) {
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const struct {
        std::string answer;
        Errc code;
        std::string name;
    } table[]{
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Errc::protocol_error, "truncated"},
        {chunked + "5\r\nhel", Errc::protocol_error, "truncated chunk"},
        {chunked + "5\r\nhello\r\n", Errc::protocol_error, "chunks without end"},
        {"HTTP/1.1 200 OK\r\nContent-Le", Errc::protocol_error, "truncated head"},
        {"HTTP/1.1 200", Errc::protocol_error, "truncated status line"},
        {"SSH-2.0-OpenSSH_9.2\r\n", Errc::protocol_error, "not HTTP"},
        {std::string("\x15\x03\x01\0\x02\x02\x0a", 7), Errc::protocol_error, "TLS"},
        {"HTTP/2 200\r\n\r\n", Errc::protocol_error, "HTTP/2"},
        {"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n", Errc::protocol_error, "two digits"},
        {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Errc::protocol_error, "no length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
         Errc::protocol_error, "two lengths"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         Errc::protocol_error, "two framings"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", Errc::protocol_error,
         "a coding nobody asked for"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
         Errc::protocol_error, "a coding nobody asked for, chunked"},
        {"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n", Errc::protocol_error, "no colon"},
        {chunked + "xyz\r\n", Errc::protocol_error, "no chunk size"},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes", Errc::protocol_error,
         "an upgrade nobody asked for"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'), Errc::too_large,
         "announced too large"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Errc::protocol_error,
         "a length beyond 64 bits"},
        {chunked + "64\r\n" + std::string(100, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n", Errc::too_large,
         "chunks too large"},
        {chunked + "fffffffffffffff\r\n", Errc::too_large, "a huge chunk"},
        {"HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'), Errc::too_large,
         "until the end, too large"},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", Errc::too_large,
         "a long header"},
        {chunked + "1;" + std::string(200'000, 'x'), Errc::too_large, "a chunk extension"},
        {chunked + "0\r\nX: " + std::string(200'000, 'x'), Errc::too_large, "a trailer"},
        {"", Errc::unavailable, "nothing"},
    };
    for (const auto& row : table) {
        for (const bool streamed : {false, true}) {
            const ScriptedUpstream upstream(answer_and_close(row.answer));
            ClientHarness harness;
            OutboundRequest request = ClientHarness::request_to(upstream.port());
            request.max_response_bytes = 100;
            if (streamed) request.on_chunk = [](std::string_view) {};
            const Exchange out = harness.send(std::move(request));
            EXPECT_FALSE(out.response) << row.name;
            EXPECT_EQ(name(out.error.code), name(row.code))
                << row.name << ": " << out.error.message;
            EXPECT_TRUE(out.may_have_reached_peer) << row.name;
            EXPECT_NE(out.error.message.find("127.0.0.1"), std::string::npos) << row.name;
        }
    }
}

TEST(HttpClient, AnErrorWithTooLargeABodyKeepsItsStatus) {
    const std::string head = "HTTP/1.1 404 Not Found\r\nX-Why: gone\r\n";
    const std::string body(101, 'x');
    for (const std::string& answer :
         {head + "Content-Length: 101\r\n\r\n" + body, head + "\r\n" + body,
          head + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + body + "\r\n0\r\n\r\n"}) {
        const ScriptedUpstream upstream(answer_and_close(answer));
        ClientHarness harness;
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.max_response_bytes = 100;
        const Exchange out = harness.send(std::move(request));
        ASSERT_TRUE(out.response) << out.error.message;
        EXPECT_EQ(out.response->status, 404U);
        EXPECT_EQ(out.response->header("X-Why"), "gone");
        EXPECT_EQ(out.response->body, "");
    }
}

TEST(HttpClient, BodyThatEndsInAResetIsNotWhole) {
    const ScriptedUpstream upstream([](RawPeer& peer, int) {
        peer.read_message();
        peer.send("HTTP/1.1 200 OK\r\n\r\nhalf of it");
        peer.reset();
    });
    ClientHarness harness;
    const Exchange out = harness.get(upstream.port());
    EXPECT_FALSE(out.response);
    EXPECT_EQ(out.error.code, Errc::protocol_error);
}

TEST(HttpClient, TakesAnAnswerThatComesBeforeTheRequestIsRead) {
    const ScriptedUpstream upstream([](RawPeer& peer, int) {
        peer.read_until("\r\n\r\n");
        peer.send("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        // The rest of the request stays unread: closing resets the connection.
    });
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.method = "POST";
    request.body = std::string(64 << 20, 'x');
    const Exchange out = harness.send(std::move(request));
    ASSERT_TRUE(out.response) << out.error.message;
    EXPECT_EQ(out.response->status, 413U);
}

TEST(HttpClient, HandsOutASuccessWhileItArrives) {
    std::promise<void> first_seen;
    const ScriptedUpstream upstream([&](RawPeer& peer, int) {
        peer.read_message();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        first_seen.get_future().wait();
        peer.send("6\r\nsecond\r\n0\r\n\r\n");
    });
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    std::vector<std::string> pieces;
    request.on_chunk = [&](std::string_view piece) {
        if (pieces.empty()) first_seen.set_value();
        pieces.emplace_back(piece);
    };
    const Exchange out = harness.send(std::move(request));
    ASSERT_TRUE(out.response) << out.error.message;
    EXPECT_EQ(out.response->body, "");
    EXPECT_EQ(out.response->body_bytes, 11U);
    EXPECT_EQ(pieces, (std::vector<std::string>{"first", "second"}));
}

TEST(HttpClient, TellsTheHeadOnceAndBeforeTheBody) {
    const ScriptedUpstream upstream(
        answer_and_close("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nX-A: b\r\n"
                         "Content-Length: 3\r\n\r\nwhy"));
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    std::vector<std::string> heads;
    request.on_head = [&](unsigned status, const Headers& headers) {
        heads.push_back(std::to_string(status) + " " + std::string(headers["X-A"]));
    };
    EXPECT_EQ(harness.send(std::move(request)).response.value().body, "why");
    EXPECT_EQ(heads, std::vector<std::string>{"404 b"});
}

TEST(HttpClient, SpeaksOverAUnixSocket) {
    const kimbap::test::TempFolder folder;
    const std::string path = folder / "served.sock";
    test::ServerHarness server;
    auto local = server.another();
    ASSERT_TRUE(server.on_thread([&] { return local->listen_unix(path); }));
    {
        ClientHarness harness;
        const ServerLimits limits;
        for (int i = 0; i < 2; ++i) {
            OutboundRequest request = ClientHarness::request_to(1, "/unix");
            request.unix_path = path;
            request.method = "POST";
            request.body.assign(limits.max_body_bytes, 'x');
            const Exchange out = harness.send(std::move(request));
            ASSERT_TRUE(out.response) << out.error.message;
            EXPECT_EQ(out.response->body.substr(0, 11), "POST /unix\n");
            EXPECT_EQ(server.on_thread([&] { return local->connections(); }), 1U);
        }
        // Another path, or none, is another origin.
        for (const std::string& other :
             {std::string(), folder / "absent.sock", folder / std::string(200, 'x')}) {
            OutboundRequest request = ClientHarness::request_to(1, "/unix");
            request.unix_path = other;
            EXPECT_FALSE(harness.send(std::move(request)).response) << other;
        }
    }
}

TEST(HttpClient, GathersAFailureEvenWhereChunksAreWanted) {
    const ScriptedUpstream upstream("HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nwhy");
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.on_chunk = [&](std::string_view) { ADD_FAILURE(); };
    EXPECT_EQ(harness.send(std::move(request)).response.value().body, "why");
}

TEST(HttpClient, GoesOnAfterACallbackThrew) {
    const ScriptedUpstream upstream(kOk);
    ClientHarness harness;
    for (std::size_t i = 0; i < HttpClient::kMaxActivePerOrigin; ++i) {
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.on_chunk = [](std::string_view) { throw std::runtime_error("a bug"); };
        EXPECT_THROW(harness.send(std::move(request)), std::runtime_error);
    }
    EXPECT_TRUE(harness.get(upstream.port()).response);
}

TEST(HttpClient, GivesUpAtTheDeadline) {
    const struct {
        std::string name;
        ScriptedUpstream::Script script;
        bool pooled;
    } table[]{
        {"no answer",
         [](RawPeer& peer, int) {
             peer.read_message();
             EXPECT_TRUE(peer.ended());
         },
         false},
        {"half an answer",
         [](RawPeer& peer, int) {
             peer.read_message();
             peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
             EXPECT_TRUE(peer.ended());
         },
         false},
        {"an endless trickle",
         [](RawPeer& peer, int) {
             peer.read_message();
             peer.send("HTTP/1.1 200 OK\r\n\r\n");
             while (peer.send("x") && peer.silent_for(20)) {
             }
         },
         false},
        {"endless interim answers",
         [](RawPeer& peer, int) {
             peer.read_message();
             while (peer.send("HTTP/1.1 100 Continue\r\n\r\n") && peer.silent_for(20)) {
             }
         },
         false},
        {"no answer on a pooled connection",
         [](RawPeer& peer, int) {
             peer.read_message();
             peer.send(kOk);
             peer.read_message();
             EXPECT_TRUE(peer.ended());
         },
         true},
    };
    for (const auto& row : table) {
        const ScriptedUpstream upstream(row.script);
        ClientHarness harness;
        if (row.pooled) {
            ASSERT_TRUE(harness.get(upstream.port()).response);
        }
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.idempotent = true;
        const auto start = steady_clock::now();
        request.deadline = start + 300ms;
        const Exchange out = harness.send(std::move(request));
        EXPECT_FALSE(out.response) << row.name;
        EXPECT_EQ(name(out.error.code), name(Errc::timed_out)) << row.name;
        EXPECT_TRUE(out.may_have_reached_peer) << row.name;
        EXPECT_GE(steady_clock::now() - start, 300ms) << row.name;
        EXPECT_LT(steady_clock::now() - start, 5s) << row.name;
    }
}

TEST(HttpClient, PooledConnectionForgetsItsFormerDeadline) {
    const ScriptedUpstream upstream([](RawPeer& peer, int) {
        for (;;) {
            if (peer.read_message().head.empty()) return;
            peer.silent_for(150);
            if (!peer.send(kOk)) return;
        }
    });
    ClientHarness harness;
    for (int i = 0; i < 4; ++i) {
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.deadline = steady_clock::now() + (i % 2 == 0 ? 400ms : 10'000ms);
        const Exchange out = harness.send(std::move(request));
        EXPECT_TRUE(out.response) << out.error.message;
    }
    EXPECT_EQ(upstream.connections(), 1);
}

/// A port of 127.0.0.1 at which connecting takes for ever: its backlog is full.
class FullBacklog {
public:
    FullBacklog() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        sockets_.push_back(::socket(AF_INET, SOCK_STREAM, 0));
        ::bind(sockets_[0], generic, size);
        ::listen(sockets_[0], 0);
        ::getsockname(sockets_[0], generic, &size);
        port = ntohs(address.sin_port);
        for (int i = 0; i < 4; ++i) {
            sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
            ::connect(sockets_.back(), generic, size);
        }
    }
    ~FullBacklog() {
        for (const int socket : sockets_) ::close(socket);
    }
    std::uint16_t port = 0;

private:
    std::vector<int> sockets_;
};

TEST(HttpClient, GivesUpConnectingAtTheDeadline) {
    const FullBacklog full;
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(full.port);
    request.deadline = steady_clock::now() + 200ms;
    const Exchange out = harness.send(std::move(request));
    EXPECT_EQ(name(out.error.code), name(Errc::timed_out)) << out.error.message;
    EXPECT_FALSE(out.may_have_reached_peer);
}

TEST(HttpClient, SaysWhereNobodyListens) {
    std::uint16_t port = 0;
    { port = ScriptedUpstream(kOk).port(); }
    ClientHarness harness;
    const Exchange out = harness.get(port);
    EXPECT_EQ(out.error.code, Errc::unavailable);
    EXPECT_FALSE(out.may_have_reached_peer);
}

TEST(HttpClient, SaysWhatHostIsUnknown) {
    ClientHarness harness;
    OutboundRequest request = ClientHarness::request_to(1);
    request.url = *parse_url("http://no-such-host.invalid/");
    request.deadline = steady_clock::now() + 3s;
    const auto start = steady_clock::now();
    const Exchange out = harness.send(std::move(request));
    EXPECT_TRUE(out.error.code == Errc::unavailable || out.error.code == Errc::timed_out);
    EXPECT_NE(out.error.message.find("no-such-host.invalid"), std::string::npos);
    EXPECT_FALSE(out.may_have_reached_peer);
    EXPECT_LT(steady_clock::now() - start, 6s);
}

TEST(HttpClient, CancellingStopsTheRequestAtOnce) {
    const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    for (const std::string sent : {"", half.c_str()}) {
        std::promise<void> asked;
        const ScriptedUpstream upstream([&](RawPeer& peer, int) {
            peer.read_message();
            peer.send(sent);
            asked.set_value();
            EXPECT_TRUE(peer.ended()) << "the peer sees that nobody waits any more";
        });
        ClientHarness harness;
        async::CancelSource source;
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.idempotent = true;
        request.cancel = source.token();
        std::thread canceller([&] {
            asked.get_future().wait();
            asio::post(harness.context, [&] { source.cancel(); });
        });
        const auto start = steady_clock::now();
        const Exchange out = harness.send(std::move(request));
        canceller.join();
        EXPECT_EQ(name(out.error.code), name(Errc::cancelled)) << out.error.message;
        EXPECT_TRUE(out.may_have_reached_peer);
        EXPECT_LT(steady_clock::now() - start, 5s);
    }
}

TEST(HttpClient, CancellingStopsConnecting) {
    const FullBacklog full;
    ClientHarness harness;
    async::CancelSource source;
    OutboundRequest request = ClientHarness::request_to(full.port);
    request.cancel = source.token();
    asio::steady_timer timer(harness.context, 50ms);
    timer.async_wait([&](boost::system::error_code) { source.cancel(); });
    const auto start = steady_clock::now();
    const Exchange out = harness.send(std::move(request));
    EXPECT_EQ(name(out.error.code), name(Errc::cancelled));
    EXPECT_FALSE(out.may_have_reached_peer);
    EXPECT_LT(steady_clock::now() - start, 5s);
}

TEST(HttpClient, CancelledRequestIsNotSent) {
    const ScriptedUpstream upstream(kOk);
    ClientHarness harness;
    async::CancelSource source;
    source.cancel();
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.cancel = source.token();
    EXPECT_EQ(harness.send(std::move(request)).error.code, Errc::cancelled);
    EXPECT_EQ(upstream.connections(), 0);
}

TEST(HttpClient, CancellingAfterwardsLeavesThePooledConnectionAlone) {
    const ScriptedUpstream upstream(kOk);
    ClientHarness harness;
    async::CancelSource source;
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.cancel = source.token();
    ASSERT_TRUE(harness.send(std::move(request)).response);
    source.cancel();
    EXPECT_TRUE(harness.get(upstream.port()).response);
    EXPECT_EQ(upstream.connections(), 1);
}

// --- addresses

TEST(HttpClient, ReachesPrivateAddressesOnlyWhereTheOperatorWroteThem) {
    const ScriptedUpstream upstream(kOk);
    const struct {
        std::string host;
        bool chosen;
        std::string allow_private;
        bool reached;
    } table[]{
        {"127.0.0.1", true, "10.0.0.0/8", true},
        {"localhost", true, "10.0.0.0/8", true},
        {"127.0.0.1", false, "10.0.0.0/8", false},
        {"localhost", false, "10.0.0.0/8", false},
        {"[::ffff:127.0.0.1]", false, "10.0.0.0/8", false},
        {"127.0.0.1", false, "127.0.0.1", true},
        {"localhost", false, "127.0.0.0/8", true},
        {"localhost", false, "localhost:" + std::to_string(upstream.port()), true},
        {"localhost", false, "localhost:1", false},
    };
    for (const auto& row : table) {
        const int before = upstream.connections();
        const std::vector<std::string> allowed{row.allow_private};
        ClientHarness harness(*AddressGuard::create(allowed));
        OutboundRequest request = ClientHarness::request_to(upstream.port());
        request.url =
            *parse_url("http://" + row.host + ":" + std::to_string(upstream.port()) + "/");
        request.operator_chose_address = row.chosen;
        const Exchange out = harness.send(std::move(request));
        EXPECT_EQ(out.response.has_value(), row.reached) << row.host << ": " << out.error.message;
        EXPECT_EQ(upstream.connections() - before, row.reached ? 1 : 0) << row.host;
        if (row.reached) continue;
        EXPECT_EQ(name(out.error.code), name(Errc::blocked_address)) << row.host;
        EXPECT_FALSE(out.may_have_reached_peer);
        EXPECT_NE(out.error.message.find("egress.allow_private"), std::string::npos);
    }
}

TEST(HttpClient, NameThatResolvesToAPrivateAddressIsNotTheOperatorsChoice) {
    // The machine's own name: the one name that resolves without a name server.
    std::array<char, 256> name{};
    ASSERT_EQ(::gethostname(name.data(), name.size() - 1), 0);
    asio::io_context context;
    asio::ip::tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto found = resolver.resolve(name.data(), "1", error);
    const auto url = parse_url("http://" + std::string(name.data()) + ":1/");
    if (error || !url || classify(found.begin()->endpoint().address()) == AddressKind::global) {
        GTEST_SKIP() << "this machine's name has no private address";
    }
    for (const bool allowed : {false, true}) {
        const std::vector<std::string> entries{"0.0.0.0/0", "::/0"};
        ClientHarness harness(allowed ? *AddressGuard::create(entries) : AddressGuard());
        OutboundRequest request = ClientHarness::request_to(1);
        request.url = *url;
        const Exchange out = harness.send(std::move(request));
        EXPECT_EQ(out.error.code == Errc::blocked_address, !allowed) << out.error.message;
    }
}

TEST(HttpClient, PooledConnectionLendsNobodyItsRight) {
    const ScriptedUpstream upstream(kOk);
    ClientHarness harness;
    ASSERT_TRUE(harness.get(upstream.port()).response);
    OutboundRequest request = ClientHarness::request_to(upstream.port());
    request.operator_chose_address = false;
    EXPECT_EQ(harness.send(std::move(request)).error.code, Errc::blocked_address);
}

}  // namespace
}  // namespace kimbap::net
