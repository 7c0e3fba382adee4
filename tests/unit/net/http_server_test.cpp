#include "net/http_server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fstream>
#include <future>
#include <string>

#include "support/temp_folder.hpp"
#include "unit/net/support/server_harness.hpp"

namespace kimbap::net {
namespace {

using test::RawMessage;
using test::RawPeer;
using test::ServerHarness;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A handler that answers once it is let go.
class Gate {
public:
    test::Handle handle() {
        return [this](HttpRequest& request, ResponseWriter& response) -> Task<void> {
            const auto executor = co_await asio::this_coro::executor;
            asio::steady_timer timer(executor, std::chrono::seconds(30));
            timer_ = &timer;
            entered_.set_value();
            const auto no_throw = asio::as_tuple(asio::use_awaitable);
            co_await timer.async_wait(no_throw);
            co_await test::echo(request, response);
        };
    }
    void wait_until_entered() { entered_.get_future().wait(); }
    /// On the server's thread.
    void open() { timer_->cancel(); }

private:
    std::promise<void> entered_;
    asio::steady_timer* timer_ = nullptr;  ///< In the handler's frame.
};

TEST(HttpServer, SharesAPortBetweenListeners) {
    ServerHarness harness;
    const auto listens = [&](HttpServer& server, std::uint16_t port, HttpServer::Port how) {
        const asio::ip::tcp::endpoint there(asio::ip::address_v4::loopback(), port);
        const auto bound = harness.on_thread([&] { return server.listen(there, how); });
        return bound ? bound->port() : std::uint16_t{0};
    };
    const auto first = harness.another();
    const auto second = harness.another();
    const auto third = harness.another();
    const std::uint16_t port = listens(*first, 0, HttpServer::Port::shared);
    EXPECT_EQ(listens(*second, port, HttpServer::Port::shared), port);
    EXPECT_EQ(listens(*third, port, HttpServer::Port::alone), 0);
    const auto fourth = harness.another();
    EXPECT_EQ(listens(*fourth, harness.port(), HttpServer::Port::shared), 0)
        << "the harness listens alone";
}

TEST(HttpServer, SaysWhereItCantListen) {
    ServerHarness harness;
    HttpServer other(harness.context, harness, {});
    const asio::ip::tcp::endpoint foreign(asio::ip::make_address("203.0.113.1"), 1);
    const auto listening = harness.on_thread([&] { return other.listen(foreign); });
    ASSERT_FALSE(listening);
    EXPECT_EQ(listening.error().code, Errc::unavailable);
    EXPECT_NE(listening.error().message.find("203.0.113.1:1"), std::string::npos);
}

TEST(HttpServer, ClosesConnectionsBeyondItsLimit) {
    ServerLimits limits;
    limits.max_connections = 2;
    ServerHarness harness(test::echo, limits);
    RawPeer first = harness.connect();
    RawPeer second = harness.connect();
    ASSERT_TRUE(harness.wait_for_connections(2));
    RawPeer third = harness.connect();
    EXPECT_TRUE(third.ended());
    first.close();
    ASSERT_TRUE(harness.wait_for_connections(1));
    RawPeer fourth = harness.connect();
    fourth.send(kGet);
    EXPECT_EQ(fourth.read_message().status(), 200);
}

TEST(HttpServer, DrainsRunningRequestsAndClosesIdleConnections) {
    Gate gate;
    ServerHarness harness(gate.handle());
    RawPeer idle = harness.connect();
    RawPeer busy = harness.connect();
    ASSERT_TRUE(harness.wait_for_connections(2));
    busy.send(kGet);
    gate.wait_until_entered();
    harness.on_thread([&] { harness.server.drain(); });
    EXPECT_TRUE(idle.ended());
    EXPECT_THROW(static_cast<void>(harness.connect()), std::runtime_error);
    harness.on_thread([&] { gate.open(); });
    const RawMessage answer = busy.read_message();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_TRUE(answer.has("Connection: close")) << "a client must not send its next one here";
    EXPECT_TRUE(busy.ended());
    EXPECT_TRUE(harness.wait_for_connections(0));
}

TEST(HttpServer, DrainAnswersARequestThatIsStillArriving) {
    ServerHarness harness;
    RawPeer peer = harness.connect();
    peer.send("GET / HTTP/1.1\r\nHo");
    RawPeer idle = harness.connect();  // once this one is served, the other's bytes were read
    idle.send(kGet);
    EXPECT_EQ(idle.read_message().status(), 200);
    harness.on_thread([&] { harness.server.drain(); });
    EXPECT_TRUE(idle.ended());
    peer.send("st: x\r\n\r\n");
    const RawMessage answer = peer.read_message();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_TRUE(answer.has("Connection: close"));
}

TEST(HttpServer, StopClosesEverything) {
    Gate gate;
    ServerHarness harness(gate.handle());
    RawPeer idle = harness.connect();
    RawPeer busy = harness.connect();
    busy.send(kGet);
    gate.wait_until_entered();
    ASSERT_TRUE(harness.wait_for_connections(2));
    harness.on_thread([&] { harness.server.stop(); });
    EXPECT_TRUE(idle.ended());
    EXPECT_TRUE(busy.ended());
    harness.on_thread([&] { gate.open(); });
    EXPECT_TRUE(harness.wait_for_connections(0));
}

TEST(HttpServer, ListensOnAUnixSocketOfItsOwnersAlone) {
    const kimbap::test::TempFolder folder;
    const std::string path = folder / "kimbap.sock";
    ServerHarness harness;
    auto local = harness.another();
    ASSERT_TRUE(harness.on_thread([&] { return local->listen_unix(path); }));
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_TRUE(S_ISSOCK(status.st_mode));
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    RawPeer peer = RawPeer::connect_unix(path);
    peer.send(kGet + kGet);
    EXPECT_EQ(peer.read_message().body, "GET /\n");
    EXPECT_EQ(peer.read_message().body, "GET /\n");
    local.reset();
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "it is removed at the end";
}

TEST(HttpServer, ReplacesAStaleUnixSocketButNothingElse) {
    const kimbap::test::TempFolder folder;
    const std::string path = folder / "kimbap.sock";
    ServerHarness harness;
    const auto listen = [&](const std::string& where) {
        return harness.on_thread([&] {
            HttpServer local(harness.context, harness, {});
            return local.listen_unix(where);
        });
    };
    {
        asio::io_context context;
        asio::local::stream_protocol::acceptor left_behind(context, path);
    }
    ASSERT_EQ(::access(path.c_str(), F_OK), 0);
    EXPECT_TRUE(listen(path)) << "a killed server leaves its socket behind";

    auto running = harness.another();
    ASSERT_TRUE(harness.on_thread([&] { return running->listen_unix(path); }));
    const auto second = listen(path);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("already listens"), std::string::npos);
    RawPeer peer = RawPeer::connect_unix(path);
    peer.send(kGet);
    EXPECT_EQ(peer.read_message().status(), 200) << "the running server keeps its socket";
    running.reset();

    const std::string file = folder / "precious";
    std::ofstream(file) << "data";
    EXPECT_FALSE(listen(file));
    std::string content;
    std::ifstream(file) >> content;
    EXPECT_EQ(content, "data");

    const auto far = listen(folder / std::string(200, 'x'));
    ASSERT_FALSE(far) << "longer than the system's limit";
    EXPECT_EQ(far.error().code, Errc::unavailable);
    EXPECT_FALSE(listen(folder / "absent" + "/kimbap.sock"));
}

}  // namespace
}  // namespace kimbap::net
