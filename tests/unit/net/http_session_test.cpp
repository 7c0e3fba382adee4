#include "net/http_session.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "unit/net/support/server_harness.hpp"

namespace kimbap::net {
namespace {

using namespace std::chrono_literals;
using test::RawMessage;
using test::RawPeer;
using test::ServerHarness;

const std::string kGet = "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(std::string_view headers, std::string_view body) {
    return "POST /p HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

TEST(HttpSession, KeepsTheConnectionAlive) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    for (int i = 0; i < 3; ++i) {
        peer.send(kGet);
        const RawMessage answer = peer.read_message();
        EXPECT_EQ(answer.status(), 200);
        EXPECT_TRUE(answer.has("Connection: keep-alive"));
        EXPECT_EQ(answer.body, "GET /a?b\n");
    }
}

TEST(HttpSession, AnswersPipelinedRequestsInOrder) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    peer.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" + post("Content-Length: 3\r\n", "abc") +
              post("Transfer-Encoding: chunked\r\n", "2\r\nde\r\n0\r\n\r\n") +
              "GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(peer.read_message().body, "GET /1\n");
    EXPECT_EQ(peer.read_message().body, "POST /p\nabc");
    EXPECT_EQ(peer.read_message().body, "POST /p\nde");
    EXPECT_EQ(peer.read_message().body, "GET /4\n");
    EXPECT_TRUE(peer.ended());
}

TEST(HttpSession, ReadsRequestsThatArriveByteByByte) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    const std::string request =
        post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n") + kGet;
    for (const char byte : request) peer.send(std::string(1, byte));
    EXPECT_EQ(peer.read_message().body, "POST /p\nabcde");
    EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
}

TEST(HttpSession, GivesTheHandlerTheWholeRequest) {
    const ServerHarness harness([](HttpRequest& request, ResponseWriter& response) -> Task<void> {
        EXPECT_EQ(request.method, http::verb::unknown);
        EXPECT_EQ(request.method_text, "BREW");
        EXPECT_EQ(request.path(), "/pot");
        EXPECT_EQ(request.query(), "a=1?&b");
        EXPECT_EQ(request.header("x-one"), "first");
        EXPECT_EQ(request.header("folded"), "a b");
        EXPECT_EQ(request.header("absent"), "");
        EXPECT_TRUE(request.has_header("EMPTY"));
        EXPECT_FALSE(request.has_header("absent"));
        EXPECT_TRUE(request.peer.address().is_loopback());
        EXPECT_NE(request.peer.port(), 0);
        EXPECT_FALSE(request.tls);
        HttpResponse answer;
        answer.status = http::status::no_content;
        static_cast<void>(co_await response.send(std::move(answer)));
    });
    EXPECT_EQ(harness
                  .ask("BREW /pot?a=1?&b HTTP/1.1\r\nHost: x\r\nX-One:  first \r\nX-One: second\r\n"
                       "Folded: a\r\n\t b\r\nEmpty:\r\n\r\n")
                  .status(),
              204);
}

TEST(HttpSession, ServesHttp10AndCloses) {
    const ServerHarness harness;
    RawPeer plain = harness.connect();
    plain.send("GET / HTTP/1.0\r\n\r\n");
    const RawMessage answer = plain.read_message();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_TRUE(answer.has("Connection: close"));
    EXPECT_TRUE(plain.ended());

    RawPeer kept = harness.connect();
    kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(kept.read_message().has("Connection: keep-alive"));
    kept.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(kept.read_message().status(), 200);
}

TEST(HttpSession, AnswersHeadWithoutBody) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    peer.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
    const RawMessage answer = peer.read_message(true);
    EXPECT_TRUE(answer.has("Content-Length: 8"));
    EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
}

TEST(HttpSession, SendsNoBodyWhereTheStatusHasNone) {
    for (const http::status status : {http::status::no_content, http::status::not_modified}) {
        for (const bool streamed : {false, true}) {
            const ServerHarness harness([&](HttpRequest&, ResponseWriter& response) -> Task<void> {
                if (streamed) {
                    const Headers none;
                    static_cast<void>(co_await response.begin_stream(status, "text/plain", none));
                    static_cast<void>(co_await response.write("must not show"));
                    co_return;
                }
                HttpResponse answer;
                answer.status = status;
                answer.body = "must not show";
                static_cast<void>(co_await response.send(std::move(answer)));
            });
            RawPeer peer = harness.connect();
            peer.send(kGet + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            const std::string all = peer.read_to_end();
            EXPECT_EQ(all.find("must not show"), std::string::npos) << all;
            EXPECT_EQ(all.find("chunked"), std::string::npos) << all;
            EXPECT_NE(all.find("\r\n\r\nHTTP/1.1 " + std::to_string(static_cast<int>(status))),
                      std::string::npos)
                << all;
        }
    }
}

TEST(HttpSession, ContinuesWhereTheClientExpectsIt) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    peer.send(post("Expect: 100-continue\r\nContent-Length: 3\r\n", ""));
    EXPECT_EQ(peer.read_message().status(), 100);
    peer.send("abc");
    EXPECT_EQ(peer.read_message().body, "POST /p\nabc");
    // Who sends the body at once needs no 100.
    peer.send(post("Expect: 100-Continue\r\nContent-Length: 3\r\n", "abc"));
    EXPECT_EQ(peer.read_message().body, "POST /p\nabc");
}

TEST(HttpSession, RefusesInsteadOfContinuingWhereTheBodyIsTooLarge) {
    ServerLimits limits;
    limits.max_body_bytes = 10;
    const ServerHarness harness(test::echo, limits);
    EXPECT_EQ(harness.ask(post("Expect: 100-continue\r\nContent-Length: 11\r\n", "")).status(),
              413);
}

TEST(HttpSession, HoldsItsLimits) {
    ServerLimits limits;
    limits.max_body_bytes = 100;
    limits.max_header_bytes = 2000;
    std::string many;
    for (int i = 0; i < 200; ++i) many += "a:\r\n";
    const struct {
        std::string request;
        int status;
        std::string name;
    } table[]{
        {post("Content-Length: 100\r\n", std::string(100, 'x')), 200, "a body as large as allowed"},
        {post("Content-Length: 101\r\n", std::string(101, 'x')), 413, "one byte more"},
        {post("Content-Length: 18446744073709551615\r\n", "x"), 413, "2^64-1"},
        {post("Transfer-Encoding: chunked\r\n", "32\r\n" + std::string(50, 'x') + "\r\n32\r\n" +
                                                    std::string(50, 'x') + "\r\n0\r\n\r\n"),
         200, "chunks as large as allowed"},
        {post("Transfer-Encoding: chunked\r\n", "32\r\n" + std::string(50, 'x') + "\r\n33\r\n" +
                                                    std::string(51, 'x') + "\r\n0\r\n\r\n"),
         413, "chunks one byte larger"},
        {post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\nx"), 413, "a huge chunk"},
        {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'x') + "\r\n\r\n", 431,
         "a long header"},
        {"GET /" + std::string(2000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431, "a long target"},
        {"GET /" + std::string(3000, 'x'), 431, "a target without end"},
        {"GET / HTTP/1.1\r\nHost: x\r\n" + many + "\r\n", 431, "many headers"},
        {post("Transfer-Encoding: chunked\r\n", "5;" + std::string(64 << 10, 'x')), 400,
         "a chunk extension without end"},
        {post("Transfer-Encoding: chunked\r\n", "0\r\nA: " + std::string(64 << 10, 'x')), 400,
         "a trailer without end"},
    };
    const ServerHarness harness(test::echo, limits);
    for (const auto& row : table) {
        EXPECT_EQ(harness.ask(row.request).status(), row.status) << row.name;
    }
    EXPECT_EQ(harness.ask(kGet).status(), 200);
}

TEST(HttpSession, TheHandlerGivesRefusalsTheirForm) {
    ServerLimits limits;
    limits.max_body_bytes = 10;
    limits.max_header_bytes = 2000;
    ServerHarness harness(
        [](HttpRequest&, ResponseWriter&) -> Task<void> {
            throw std::runtime_error("broken");
            co_return;
        },
        limits);
    harness.refuse = [](http::status status, std::string why, std::string_view path) {
        HttpResponse response;
        response.status = status;
        response.content_type = "application/problem+json";
        response.body = std::string(path) + ": " + why;
        return response;
    };
    const std::string long_header = "A: " + std::string(2000, 'x') + "\r\n\r\n";
    const struct {
        std::vector<std::string> pieces;
        int status;
        std::string body;
    } table[]{
        {{post("Content-Length: 11\r\n", "")}, 413, "/p: the request's body is too large"},
        {{"GET /a?b HTTP/1.1\r\nHost: x\r\n" + long_header},
         431,
         "/a: the request's header is too large"},
        {{"GET /a?", "b HTTP/1.1\r\nHost: x\r\n", long_header},
         431,
         "/a: the request's header is too large"},
        {{"GET /" + std::string(3000, 'x')}, 431, ": the request's header is too large"},
        {{"GET /a HTTP/1.1\r\n\r\n"}, 400, "/a: there must be one Host"},
        {{"GET a HTTP/1.1\r\n\r\n"}, 400, "a: there must be one Host"},
        {{kGet}, 500, "/a: internal error"},
    };
    for (const auto& row : table) {
        RawPeer peer = harness.connect();
        for (const std::string& piece : row.pieces) {
            peer.send(piece);
            std::this_thread::sleep_for(20ms);
        }
        const RawMessage answer = peer.read_message();
        EXPECT_EQ(answer.status(), row.status) << row.body;
        EXPECT_EQ(answer.body, row.body);
        EXPECT_TRUE(answer.has("Content-Type: application/problem+json")) << row.body;
    }
}

TEST(HttpSession, RefusesRequestsThatTwoReadersCouldReadDifferently) {
    const std::string chunks = "1\r\nx\r\n0\r\n\r\n";
    const struct {
        std::string request;
        int status;
    } table[]{
        // Two framings (RFC 9112 section 6.3).
        {post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
        {post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks), 400},
        {post("Content-Length: 1\r\nContent-Length: 2\r\n", "xx"), 400},
        {post("Content-Length: 0\r\nOrigin: http://a\r\nOrigin: http://b\r\n", ""), 400},
        {post("Content-Length: 0\r\nAuthorization: a\r\nauthorization: b\r\n", ""), 400},
        {post("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400},
        {post("Content-Length: 1, 1\r\n", "x"), 400},
        {post("Content-Length: +1\r\n", "x"), 400},
        {post("Content-Length: -1\r\n", "x"), 400},
        {post("Content-Length: 0x1\r\n", "x"), 400},
        {post("Content-Length: 1 1\r\n", "x"), 400},
        {post("Content-Length: 1;\r\n", "x"), 400},
        {post("Content-Length:\r\n", "x"), 400},
        {post("Content-Length: 18446744073709551617\r\n", "x"), 400},
        // Codings that hide whether the body is chunked.
        {post("Transfer-Encoding: gzip, chunked\r\n", chunks), 501},
        {post("Transfer-Encoding: chunked, gzip\r\n", chunks), 501},
        {post("Transfer-Encoding: chunked, chunked\r\n", chunks), 501},
        {post("Transfer-Encoding: identity\r\nContent-Length: 1\r\n", "x"), 501},
        {post("Transfer-Encoding: identity\r\n", ""), 501},
        {post("Transfer-Encoding: xchunked\r\n", chunks), 501},
        {post("Transfer-Encoding: \"chunked\"\r\n", chunks), 501},
        {post("Transfer-Encoding: chunked;q=1\r\n", chunks), 501},
        {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
        {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks), 400},
        {post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", chunks), 501},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, 400},
        // Broken lines.
        {post("Content-Length : 1\r\n", "x"), 400},
        {post("Transfer-Encoding : chunked\r\n", chunks), 400},
        {post(" Content-Length: 1\r\n", "x"), 400},
        {post("Transfer\x0b-Encoding: chunked\r\n", chunks), 400},
        {post("Transfer-Encoding: \x0b"
              "chunked\r\n",
              chunks),
         400},
        {post("A: b\nContent-Length: 1\r\n", "x"), 400},
        {post("A: b\rContent-Length: 1\r\n", "x"), 400},
        {post(std::string("A: b\0c\r\n", 8), ""), 400},
        {post("NoColon\r\n", ""), 400},
        {post(": empty name\r\n", ""), 400},
        {"GET / HTTP/1.1\nHost: x\n\n\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\n\r\n\r\n", 400},
        // Broken chunks.
        {post("Transfer-Encoding: chunked\r\n", "1\nx\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "1\r\nxy\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "1\r\nx0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "g\r\nx\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "-1\r\nx\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "0x1\r\nx\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "1 \r\nx\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "1;\nx\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "\r\n1\r\nx\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 5\r\n\r\n"), 400},
        // Which host?
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x@y\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        // Request lines.
        {"\r\n\r\n\r\n\r\n\r\n", 400},
        {"GET\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400},
        {"GET / http/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
        {"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET http://x/ HTTP/1.1\r\nHost: y\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
    };
    bool reached = false;
    const ServerHarness harness([&](HttpRequest& request, ResponseWriter& response) {
        reached = true;
        return test::echo(request, response);
    });
    for (const auto& row : table) {
        RawPeer peer = harness.connect();
        peer.send(row.request);
        peer.half_close();
        const RawMessage answer = peer.read_message();
        EXPECT_EQ(answer.status(), row.status) << row.request << "\n-- " << answer.head;
        EXPECT_TRUE(answer.has("Connection: close")) << row.request;
        EXPECT_TRUE(peer.ended()) << "what follows a faulty request is not read: " << row.request;
    }
    EXPECT_FALSE(reached);
}

TEST(HttpSession, SkipsEmptyLinesBeforeARequest) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    // Old clients end a body with a line break of their own (RFC 9112 section 2.2).
    peer.send("\r\n" + post("Content-Length: 1\r\n", "x") + "\r\n" + kGet);
    EXPECT_EQ(peer.read_message().body, "POST /p\nx");
    EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
}

TEST(HttpSession, DropsTrailers) {
    const ServerHarness harness([](HttpRequest& request, ResponseWriter& response) -> Task<void> {
        HttpResponse answer;
        answer.body = std::string(request.header("Authorization")) + "|" +
                      std::string(request.header("Kept")) + "|" + request.body;
        static_cast<void>(co_await response.send(std::move(answer)));
    });
    // Trailers come after what checked the headers (RFC 9110 section 6.5.1).
    const std::string body = "1\r\nx\r\n0\r\nAuthorization: Bearer forged\r\nKept: no\r\n\r\n";
    EXPECT_EQ(harness.ask(post("Kept: yes\r\nTransfer-Encoding: chunked\r\n", body)).body,
              "|yes|x");
}

TEST(HttpSession, AnswersAHalfClosedClient) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    peer.send(kGet);
    peer.half_close();
    EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
    EXPECT_TRUE(peer.ended());
}

TEST(HttpSession, ForgetsClientsThatLeaveEarly) {
    ServerHarness harness;
    { RawPeer peer = harness.connect(); }
    {
        RawPeer peer = harness.connect();
        peer.send("GET / HT");
    }
    {
        RawPeer peer = harness.connect();
        peer.send(post("Content-Length: 5\r\n", "ab"));
        peer.reset();
    }
    {
        RawPeer peer = harness.connect();
        peer.send("GET / HT");
        peer.half_close();
        EXPECT_TRUE(peer.ended());
    }
    EXPECT_TRUE(harness.wait_for_connections(0));
    EXPECT_EQ(harness.ask(kGet).status(), 200);
}

TEST(HttpSession, AnswersEarlyRefusalsThoughTheClientGoesOnSending) {
    ServerLimits limits;
    limits.max_body_bytes = 1000;
    const ServerHarness harness(test::echo, limits);
    RawPeer peer = harness.connect();
    peer.send(post("Content-Length: 500000\r\n", std::string(500'000, 'x')));
    EXPECT_EQ(peer.read_message().status(), 413);
    EXPECT_TRUE(peer.ended());
}

TEST(HttpSession, LastAnswerSurvivesInputBehindIt) {
    const ServerHarness harness;
    RawPeer peer = harness.connect();
    // Closing a socket with unread input resets it, and the reset may overtake the answer.
    peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + std::string(100'000, 'x'));
    EXPECT_EQ(peer.read_message().body, "GET /\n");
    EXPECT_TRUE(peer.ended());
}

TEST(HttpSession, HandlerThatThrowsGivesAn500) {
    const ServerHarness harness([](HttpRequest& request, ResponseWriter& response) -> Task<void> {
        if (request.path() == "/silent") co_return;
        if (request.path() == "/throws") throw std::runtime_error("a bug, with details");
        const Headers none;
        static_cast<void>(co_await response.begin_stream(http::status::ok, "text/plain", none));
        static_cast<void>(co_await response.write("half"));
        throw std::runtime_error("a bug, with details");
    });
    for (const std::string path : {"/silent", "/throws"}) {
        RawPeer peer = harness.connect();
        peer.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const RawMessage answer = peer.read_message();
        EXPECT_EQ(answer.status(), 500);
        EXPECT_EQ(answer.body, "internal error\n");
    }
    RawPeer peer = harness.connect();
    peer.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string all = peer.read_to_end();
    EXPECT_NE(all.find("4\r\nhalf\r\n"), std::string::npos) << all;
    EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos) << "a broken stream must not look complete";
}

TEST(HttpSession, AnswersOnce) {
    std::atomic<int> refused{0};
    const ServerHarness harness([&](HttpRequest& request, ResponseWriter& response) -> Task<void> {
        EXPECT_FALSE(response.answered());
        co_await test::echo(request, response);
        EXPECT_TRUE(response.answered());
        HttpResponse again;
        const auto second = co_await response.send(std::move(again));
        const Headers none;
        const auto third = co_await response.begin_stream(http::status::ok, "text/plain", none);
        const auto fourth = co_await response.write("x");
        if (!second && !third && !fourth) ++refused;
    });
    RawPeer peer = harness.connect();
    peer.send(kGet);
    EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
    peer.send(kGet);
    EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
    EXPECT_GE(refused, 1) << "the first handler ended before the second request was served";
}

TEST(HttpSession, LeavesOutHeadersThatWouldSplitTheAnswer) {
    const ServerHarness harness([](HttpRequest&, ResponseWriter& response) -> Task<void> {
        HttpResponse answer;
        answer.content_type = "text/plain\r\nX-Evil: 1";
        answer.headers.set("X-Bad", "a\r\nX-Evil: 2\r\n\r\nbody");
        answer.headers.set("X-Good", "fine");
        answer.body = "ok";
        static_cast<void>(co_await response.send(std::move(answer)));
    });
    const RawMessage answer = harness.ask(kGet);
    EXPECT_TRUE(answer.has("X-Good: fine"));
    EXPECT_EQ(answer.head.find("X-Evil"), std::string::npos) << answer.head;
    EXPECT_EQ(answer.body, "ok");
}

TEST(HttpSession, StreamsChunksAsTheyComeAndKeepsTheConnection) {
    const ServerHarness harness([](HttpRequest&, ResponseWriter& response) -> Task<void> {
        Headers headers;
        headers.set("Cache-Control", "no-store");
        static_cast<void>(
            co_await response.begin_stream(http::status::ok, "text/event-stream", headers));
        static_cast<void>(co_await response.write("data: 1\n\n"));
        static_cast<void>(co_await response.write(""));  // must not end the stream
        static_cast<void>(co_await response.write(std::string(20, 'x')));
    });
    RawPeer peer = harness.connect();
    for (int i = 0; i < 2; ++i) {
        peer.send(kGet);
        const RawMessage answer = peer.read_message();
        EXPECT_TRUE(answer.chunked);
        EXPECT_TRUE(answer.has("Cache-Control: no-store"));
        EXPECT_TRUE(answer.has("Content-Type: text/event-stream"));
        EXPECT_EQ(answer.body, "data: 1\n\n" + std::string(20, 'x'));
    }
    peer.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
    EXPECT_EQ(peer.read_message(true).status(), 200);
    EXPECT_EQ(peer.read_message().status(), 200) << "an answer to HEAD has no chunks";
    RawPeer old = harness.connect();
    old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const RawMessage identity = old.read_message();
    EXPECT_FALSE(identity.chunked);
    EXPECT_TRUE(identity.has("Connection: close"));
    EXPECT_EQ(identity.body, "data: 1\n\n" + std::string(20, 'x'));
}

/// Waits until the peer is gone, and says so.
test::Handle watcher(std::promise<void>& watching, std::promise<bool>& gone) {
    return [&](HttpRequest& request, ResponseWriter& response) -> Task<void> {
        if (request.path() == "/next") co_return;
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, 20s);
        const auto token = response.peer_closed();
        const auto registration = token.on_cancel([&] { timer.cancel(); });
        watching.set_value();
        const auto no_throw = asio::as_tuple(asio::use_awaitable);
        co_await timer.async_wait(no_throw);
        gone.set_value(token.cancelled());
    };
}

TEST(HttpSession, TellsAWatchingHandlerThatThePeerIsGone) {
    for (const bool by_reset : {false, true}) {
        for (const bool with_input_before : {false, true}) {
            std::promise<void> watching;
            std::promise<bool> gone;
            const ServerHarness harness(watcher(watching, gone));
            RawPeer peer = harness.connect();
            peer.send(kGet);
            watching.get_future().wait();
            // Unread input hides the end of the connection.
            if (with_input_before) peer.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
            if (by_reset) {
                peer.reset();
            } else {
                peer.close();
            }
            EXPECT_TRUE(gone.get_future().get());
        }
    }
}

TEST(HttpSession, WatchingDoesNotDisturbTheNextRequest) {
    const ServerHarness harness([](HttpRequest& request, ResponseWriter& response) -> Task<void> {
        const auto token = response.peer_closed();
        co_await test::echo(request, response);
        EXPECT_FALSE(token.cancelled());
    });
    RawPeer peer = harness.connect();
    for (int i = 0; i < 5; ++i) {
        peer.send(kGet + kGet);
        EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
        EXPECT_EQ(peer.read_message().body, "GET /a?b\n");
    }
}

TEST(HttpSession, WritesFailOnceThePeerIsGone) {
    std::promise<bool> failed;
    const ServerHarness harness([&](HttpRequest&, ResponseWriter& response) -> Task<void> {
        const Headers none;
        static_cast<void>(co_await response.begin_stream(http::status::ok, "text/plain", none));
        const std::string piece(64 << 10, 'x');
        for (int i = 0; i < 100'000; ++i) {
            const auto written = co_await response.write(piece);
            if (!written) {
                failed.set_value(written.error().code == Errc::unavailable);
                co_return;
            }
        }
        failed.set_value(false);
    });
    RawPeer peer = harness.connect();
    peer.send(kGet);
    peer.read_until("\r\n\r\n");
    peer.close();
    EXPECT_TRUE(failed.get_future().get());
}

TEST(HttpSession, GivesUpOnSlowClients) {
    ServerLimits limits;
    limits.header_timeout = 100ms;
    limits.body_timeout = 100ms;
    limits.idle_timeout = 100ms;
    const ServerHarness harness(test::echo, limits);
    RawPeer idle = harness.connect();
    RawPeer slow_head = harness.connect();
    slow_head.send("GET / HTTP/1.1\r\nHost:");
    RawPeer slow_body = harness.connect();
    slow_body.send(post("Content-Length: 5\r\n", "ab"));
    RawPeer slow_chunks = harness.connect();
    slow_chunks.send(post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n"));
    RawPeer between = harness.connect();
    between.send(kGet);
    EXPECT_EQ(between.read_message().status(), 200);
    EXPECT_TRUE(idle.ended());
    EXPECT_TRUE(slow_head.ended());
    EXPECT_TRUE(slow_body.ended());
    EXPECT_TRUE(slow_chunks.ended());
    EXPECT_TRUE(between.ended());
}

TEST(HttpSession, TricklingDoesNotBuyTime) {
    // Each byte arrives in time, the head as a whole does not.
    ServerLimits limits;
    limits.header_timeout = 500ms;
    const ServerHarness harness(test::echo, limits);
    RawPeer peer = harness.connect();
    peer.send("GET / HTTP/1.1\r\nHost: x\r\nA: ");
    bool open = true;
    for (int i = 0; open && i < 400; ++i) open = peer.send("x") && peer.silent_for(50);
    EXPECT_FALSE(open);
}

TEST(HttpSession, SlowReaderHasAsLongAsItTakesSomething) {
    constexpr std::size_t kStep = 1 << 20;
    constexpr std::size_t kSteps = 48;
    ServerLimits limits;
    limits.write_timeout = 1000ms;
    std::promise<bool> written;
    const ServerHarness harness(
        [&](HttpRequest&, ResponseWriter& response) -> Task<void> {
            HttpResponse answer;
            answer.body = std::string(kStep * kSteps, 'x');
            const auto sent = co_await response.send(std::move(answer));
            written.set_value(sent.has_value());
        },
        limits);
    RawPeer peer = harness.connect();
    peer.send(kGet);
    peer.read_until("\r\n\r\n");
    // Altogether longer than the limit, never idle for as long.
    for (std::size_t i = 0; i < kSteps; ++i) {
        ASSERT_EQ(peer.read_exactly(kStep).size(), kStep);
        std::this_thread::sleep_for(100ms);
    }
    EXPECT_TRUE(written.get_future().get());
}

TEST(HttpSession, GivesUpOnReadersThatTakeNothing) {
    ServerLimits limits;
    limits.write_timeout = 100ms;
    std::promise<bool> failed;
    ServerHarness harness(
        [&](HttpRequest&, ResponseWriter& response) -> Task<void> {
            HttpResponse answer;
            answer.body = std::string(64 << 20, 'x');
            const auto sent = co_await response.send(std::move(answer));
            failed.set_value(!sent);
        },
        limits);
    RawPeer peer = harness.connect();
    peer.shrink_receive_buffer();
    peer.send(kGet);
    EXPECT_TRUE(failed.get_future().get());
    EXPECT_TRUE(harness.wait_for_connections(0));
}

}  // namespace
}  // namespace kimbap::net
