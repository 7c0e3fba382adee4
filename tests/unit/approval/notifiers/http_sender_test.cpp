#include "approval/notifiers/http_sender.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "net/address_guard.hpp"
#include "net/http_client.hpp"
#include "support/run_task.hpp"

namespace kimbap::approval {
namespace {

using asio::ip::tcp;

/// Answers one request with a status line of its own and keeps what it got.
class OneRequestServer {
public:
    explicit OneRequestServer(std::string answer)
        : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
          thread_([this, answer = std::move(answer)] { serve(answer); }) {}
    ~OneRequestServer() { thread_.join(); }

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook";
    }
    std::string got;

private:
    void serve(const std::string& answer) {
        tcp::socket socket = acceptor_.accept();
        const std::size_t head = asio::read_until(socket, asio::dynamic_buffer(got), "\r\n\r\n");
        std::string lower = got.substr(0, head);
        for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        const auto length = std::stoul(lower.substr(lower.find("content-length:") + 15));
        std::string rest(head + length - got.size(), '\0');
        asio::read(socket, asio::buffer(rest));
        got += rest;
        asio::write(socket, asio::buffer(answer));
    }
    asio::io_context context_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

class HttpSender : public testing::Test {
protected:
    Result<int> post(const std::string& url) {
        auto sent = test::run_on(
            context_, sender_.post(url, {{"webhook-id", "evt_1"}}, "{\"a\":1}",
                                   std::chrono::steady_clock::now() + std::chrono::seconds(10)));
        client_.close_idle();
        return sent;
    }
    asio::io_context context_;
    net::AddressGuard guard_;
    net::HttpClient client_{
        context_, std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client), guard_};
    HttpWebhookSender sender_{client_};
};

TEST_F(HttpSender, PostsAndGivesTheStatus) {
    Result<int> status = 0;
    std::string got;
    {
        OneRequestServer server("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n");
        status = post(server.url());
        got = server.got;
    }
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(*status, 503);
    EXPECT_TRUE(got.starts_with("POST /hook HTTP/1.1\r\n")) << got;
    EXPECT_NE(got.find("webhook-id: evt_1"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\n{\"a\":1}")) << got;
}

TEST_F(HttpSender, SaysWhatIsWrong) {
    EXPECT_EQ(post("not a url").error().code, Errc::invalid_config);
    // Nobody listens there any more.
    std::uint16_t port = 0;
    {
        asio::io_context context;
        const tcp::acceptor closed(context, {asio::ip::address_v4::loopback(), 0});
        port = closed.local_endpoint().port();
    }
    EXPECT_EQ(post("http://127.0.0.1:" + std::to_string(port) + "/").error().code,
              Errc::unavailable);
}

}  // namespace
}  // namespace kimbap::approval
