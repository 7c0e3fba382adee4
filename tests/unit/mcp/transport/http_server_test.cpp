#include "net/http_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "base/json_text.hpp"
#include "mcp/server.hpp"
#include "mcp/transport/http_transport.hpp"

/// The transport behind the real server, on several threads at once.
namespace kimbap::mcp::test {
namespace {

namespace http = boost::beast::http;
using asio::ip::tcp;

class ThreadedTools final : public ToolProvider {
public:
    Task<PageOutcome> list(RequestContext&, ListRequest request) override {
        co_return list_->page(request.cursor, request.page_size);
    }
    Task<ToolOutcome> call(RequestContext& context, ToolCall call) override {
        if (call.name == "slow") {
            auto executor = co_await asio::this_coro::executor;
            asio::steady_timer timer(executor, std::chrono::milliseconds(5));
            auto waiting = timer.async_wait(asio::use_awaitable);
            co_await std::move(waiting);
        }
        if (call.name == "progress") {
            for (int i = 1; i <= 5; ++i) context.progress(i);
        }
        co_return text_result(call.name);
    }

private:
    std::shared_ptr<const ItemList> list_ = ItemList::create({{"slow", R"({"name":"slow"})"}});
};

class Everyone final : public Authenticator {
public:
    Task<AuthOutcome> authenticate(const net::HttpRequest&) override {
        co_return std::make_shared<const Principal>("anyone");
    }
    Task<bool> still_valid(PrincipalPtr) override { co_return true; }
};

/// A blocking client connection.
class Client {
public:
    explicit Client(const tcp::endpoint& endpoint) : socket_(context_) {
        socket_.connect(endpoint);
    }

    http::response<http::string_body> send(
        http::verb method, std::string body,
        const std::vector<std::pair<std::string, std::string>>& headers) {
        start(method, std::move(body), headers);
        http::response<http::string_body> response;
        http::read(socket_, buffer_, response);
        return response;
    }

    void start(http::verb method, std::string body,
               const std::vector<std::pair<std::string, std::string>>& headers) {
        http::request<http::string_body> request(method, "/mcp", 11);
        request.set(http::field::host, "localhost");
        request.set(http::field::accept, "application/json, text/event-stream");
        request.set(http::field::content_type, "application/json");
        for (const auto& [name, value] : headers) request.set(name, value);
        request.body() = std::move(body);
        request.prepare_payload();
        http::write(socket_, request);
    }

    /// Reads raw bytes until `needle` came.
    bool read_until(std::string_view needle) {
        std::array<char, 4096> chunk{};
        while (raw_.find(needle) == std::string::npos) {
            boost::system::error_code error;
            const auto size = socket_.read_some(asio::buffer(chunk), error);
            if (error) return false;
            raw_.append(chunk.data(), size);
        }
        return true;
    }

private:
    asio::io_context context_;
    tcp::socket socket_;
    boost::beast::flat_buffer buffer_;
    std::string raw_;
};

class HttpServerTest : public testing::Test {
protected:
    static constexpr std::size_t kThreads = 2;

    HttpServerTest()
        : server_({}, Providers{&tools_, nullptr, nullptr, nullptr, nullptr}),
          transport_(server_, everyone_, {}) {
        endpoint_ = tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0);
        for (std::size_t i = 0; i < kThreads; ++i) {
            contexts_.push_back(std::make_unique<asio::io_context>(1));
            servers_.push_back(std::make_unique<net::HttpServer>(*contexts_.back(), transport_,
                                                                 net::ServerLimits{}));
            endpoint_ = servers_.back()->listen(endpoint_, net::HttpServer::Port::shared).value();
        }
        for (auto& context : contexts_) {
            threads_.emplace_back([&context] { context->run(); });
        }
    }
    ~HttpServerTest() override {
        for (auto& context : contexts_) context->stop();
        for (auto& thread : threads_) thread.join();
    }

    static std::string call(int id, std::string name, std::string extra = "") {
        return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
               R"(,"method":"tools/call","params":{"name":")" + name + "\"" + extra + "}}";
    }

    ThreadedTools tools_;
    Everyone everyone_;
    Server server_;
    HttpTransport transport_;
    tcp::endpoint endpoint_;
    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<std::unique_ptr<net::HttpServer>> servers_;
    std::vector<std::thread> threads_;
};

TEST_F(HttpServerTest, ServesModernCallsFromManyThreads) {
    std::atomic<int> good{0};
    std::vector<std::thread> clients;
    const std::string meta =
        R"(,"_meta":{"progressToken":1,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&] {
            Client client(endpoint_);
            for (int n = 0; n < 40; ++n) {
                const std::string name = n % 3 == 0 ? "slow" : n % 3 == 1 ? "progress" : "plain";
                const auto response = client.send(http::verb::post, call(n, name, meta),
                                                  {{"MCP-Protocol-Version", "2026-07-28"},
                                                   {"Mcp-Method", "tools/call"},
                                                   {"Mcp-Name", name}});
                if (response.result() == http::status::ok &&
                    response.body().find(R"("resultType":"complete")") != std::string::npos) {
                    ++good;
                }
            }
        });
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(good, 160);
    // A client may have its answer a moment before the server has put the request away.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server_.running_requests() > 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(server_.running_requests(), 0U);
}

TEST_F(HttpServerTest, OneLegacySessionFromManyThreads) {
    Client opener(endpoint_);
    const auto opened = opener.send(
        http::verb::post,
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})",
        {});
    ASSERT_EQ(opened.result(), http::status::ok) << opened.body();
    const std::string session(opened["Mcp-Session-Id"]);
    const std::vector<std::pair<std::string, std::string>> headers = {{"Mcp-Session-Id", session}};

    Client listener(endpoint_);
    listener.start(http::verb::get, "", headers);
    ASSERT_TRUE(listener.read_until("\r\n\r\n"));

    std::atomic<int> good{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&, i] {
            Client client(endpoint_);
            for (int n = 0; n < 30; ++n) {
                const int id = i * 1000 + n + 1;
                const auto response = client.send(
                    http::verb::post,
                    call(id, n % 2 == 0 ? "slow" : "progress", R"(,"_meta":{"progressToken":1})"),
                    headers);
                if (response.body().find("\"id\":" + std::to_string(id)) != std::string::npos) {
                    ++good;
                }
                if (n % 10 == 0) server_.tools_changed();
            }
        });
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(good, 120);
    EXPECT_TRUE(listener.read_until("notifications/tools/list_changed"));

    const auto ended = opener.send(http::verb::delete_, "", headers);
    EXPECT_EQ(ended.result(), http::status::no_content);
    EXPECT_TRUE(listener.read_until("0\r\n\r\n")) << "the listening stream ends with its session";
    EXPECT_EQ(server_.sessions(), 0U);
}

}  // namespace
}  // namespace kimbap::mcp::test
