#include "unit/net/support/server_harness.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

namespace kimbap::net::test {

Task<void> echo(HttpRequest& request, ResponseWriter& response) {
    HttpResponse answer;
    answer.content_type = "text/plain";
    answer.body = request.method_text + " " + request.target + "\n" + request.body;
    static_cast<void>(co_await response.send(std::move(answer)));
}

ServerHarness::ServerHarness(Handle handle, ServerLimits limits,
                             std::shared_ptr<asio::ssl::context> tls)
    : handle_(std::move(handle)),
      server(context, *this, limits, std::move(tls)),
      work_(context.get_executor()) {
    const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    port_ = server.listen(any).value().port();
    thread_ = std::thread([this] { context.run(); });
}

ServerHarness::~ServerHarness() {
    asio::post(context, [this] {
        server.stop();
        context.stop();
    });
    thread_.join();
}

RawMessage ServerHarness::ask(std::string_view bytes) const {
    RawPeer peer = connect();
    peer.send(bytes);
    return peer.read_message();
}

bool ServerHarness::wait_for_connections(std::size_t count) {
    const auto give_up =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(RawPeer::kPatienceMillis);
    while (on_thread([this] { return server.connections(); }) != count) {
        if (std::chrono::steady_clock::now() > give_up) return false;
        std::this_thread::yield();
    }
    return true;
}

Task<void> ServerHarness::handle(HttpRequest& request, ResponseWriter& response) {
    return handle_(request, response);
}

HttpResponse ServerHarness::refusal(http::status status, std::string why,
                                    std::string_view path) const {
    if (refuse) return refuse(status, std::move(why), path);
    return HttpHandler::refusal(status, std::move(why), path);
}

}  // namespace kimbap::net::test
