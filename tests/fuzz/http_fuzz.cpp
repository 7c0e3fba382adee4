// Raw HTTP/1.1 bytes on a connection, through the server's session and MCP's HTTP transport of both
// eras to fake providers.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "fuzz/fuzz.hpp"
#include "net/http_session.hpp"
#include "unit/mcp/support/http_harness.hpp"

namespace kimbap::fuzz {
namespace {

using namespace std::chrono_literals;

/// What a connection that nobody writes to any more may take to end, with all that it started.
constexpr auto kPatience = 5s;

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string receive_all(int fd) {
    std::string out;
    std::array<char, 4096> piece;
    for (;;) {
        const auto got = ::recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
        if (got <= 0) return out;
        out.append(piece.data(), static_cast<std::size_t>(got));
    }
}

/// The script may name a legacy session that is open: its identifier stands for "SESSION".
std::string with_session(std::string_view text, const std::string& session) {
    std::string out(text);
    for (std::size_t at = out.find("SESSION"); at != std::string::npos;
         at = out.find("SESSION", at)) {
        out.replace(at, 7, session);
        at += session.size();
    }
    return out;
}

void run(std::string_view text) {
    auto options = mcp::test::HttpHarness::default_options();
    options.stream_after = options.keepalive = 1ms;  // So that nothing waits for long.
    mcp::test::HttpHarness harness(std::move(options));
    const auto session = harness.initialize("2025-03-26");
    const auto shared = std::make_shared<net::SessionShared>(
        net::SessionShared{harness.transport, {}, nullptr, false, "today"});
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "a pair of sockets");
    net::HttpSession::Socket socket(harness.context, {AF_UNIX, 0}, ends[0]);
    const auto connection =
        std::make_shared<net::HttpSession>(std::move(socket), shared, asio::ip::tcp::endpoint());
    bool ended = false;
    asio::co_spawn(harness.context, connection->run(), [&](std::exception_ptr failure) {
        require(!failure, "a connection never throws");
        ended = true;
    });
    send_all(ends[1], with_session(text, session));
    harness.settle();
    const auto answer = receive_all(ends[1]);
    require(answer.empty() || answer.starts_with("HTTP/1.1 "), "an answer is HTTP");
    ::close(ends[1]);
    harness.settle();
    connection->close();
    harness.server.cancel_all();
    harness.tools.release();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!ended && std::chrono::steady_clock::now() < deadline) {
        harness.context.restart();
        harness.context.run_one_for(50ms);
    }
    require(ended, "a closed connection ends");
}

}  // namespace
}  // namespace kimbap::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    kimbap::fuzz::run(kimbap::fuzz::text_of(data, size));
    return 0;
}
