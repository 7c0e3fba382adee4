#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "net/http_server.hpp"
#include "unit/net/support/raw_peer.hpp"

namespace kimbap::net::test {

using Handle = std::function<Task<void>(HttpRequest&, ResponseWriter&)>;

/// Answers with "<method> <target>\n<body>".
Task<void> echo(HttpRequest& request, ResponseWriter& response);

/// A server on a thread of its own.
class ServerHarness final : public HttpHandler {
public:
    explicit ServerHarness(Handle handle = echo, ServerLimits limits = {},
                           std::shared_ptr<asio::ssl::context> tls = nullptr);
    ~ServerHarness() override;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] RawPeer connect() const { return RawPeer::connect(port_); }
    /// Sends `bytes` on a new connection and reads one answer.
    [[nodiscard]] RawMessage ask(std::string_view bytes) const;

    /// Runs `work` on the server's thread, and waits for it.
    template <class F>
    auto on_thread(F work) {
        std::packaged_task<std::invoke_result_t<F&>()> task(std::move(work));
        auto result = task.get_future();
        asio::post(context, [&task] { task(); });
        return result.get();
    }
    /// Another server with the same handler. It goes on the harness's thread, where it is used.
    auto another() {
        const auto end = [this](HttpServer* ending) { on_thread([&] { delete ending; }); };
        return std::unique_ptr<HttpServer, decltype(end)>(
            new HttpServer(context, *this, ServerLimits{}), end);
    }
    /// Waits until so many connections are open; false where they never are.
    bool wait_for_connections(std::size_t count);

    Task<void> handle(HttpRequest& request, ResponseWriter& response) override;
    [[nodiscard]] HttpResponse refusal(http::status status, std::string why,
                                       std::string_view path) const override;
    /// Where set, what refusal() answers. Set before the first connection.
    std::function<HttpResponse(http::status, std::string, std::string_view)> refuse;

private:
    Handle handle_;

public:
    asio::io_context context{1};
    HttpServer server;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace kimbap::net::test
