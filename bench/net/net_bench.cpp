// The bare HTTP server, and the bare hop from server to client, on one thread: what bench/net/run
// sets beside nginx.
//
//   net_bench echo             answers 200 bytes
//   net_bench proxy PORT       passes every request on to 127.0.0.1:PORT
//
// Prints the port it listens on.

#include <charconv>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "net/address_guard.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/tls.hpp"

namespace {

using namespace kimbap;

constexpr std::size_t kAnswerBytes = 200;
constexpr std::chrono::seconds kTimeout{10};

class Echo final : public net::HttpHandler {
    Task<void> handle(net::HttpRequest&, net::ResponseWriter& response) override {
        net::HttpResponse answer;
        answer.content_type = "text/plain";
        answer.body.assign(kAnswerBytes, 'x');
        static_cast<void>(co_await response.send(std::move(answer)));
    }
};

class Proxy final : public net::HttpHandler {
public:
    Proxy(asio::io_context& context, std::uint16_t port)
        : client_(context, std::make_shared<net::ClientTls>(), guard_),
          upstream_(*net::parse_url("http://127.0.0.1:" + std::to_string(port))) {}

private:
    Task<void> handle(net::HttpRequest& request, net::ResponseWriter& response) override {
        net::OutboundRequest out;
        out.method = request.method_text;
        out.url = upstream_;
        out.url.target = request.target;
        out.body = std::move(request.body);
        out.headers.emplace_back("Authorization", "Bearer a-credential-of-usual-length");
        out.operator_chose_address = true;
        out.deadline = std::chrono::steady_clock::now() + kTimeout;
        net::Exchange exchange = co_await client_.send(std::move(out));
        net::HttpResponse answer;
        answer.status = net::http::status::bad_gateway;
        if (exchange.response) {
            answer.status = static_cast<net::http::status>(exchange.response->status);
            answer.content_type = exchange.response->header("Content-Type");
            answer.body = std::move(exchange.response->body);
        }
        static_cast<void>(co_await response.send(std::move(answer)));
    }

    net::AddressGuard guard_;
    net::HttpClient client_;
    net::Url upstream_;
};

int serve(asio::io_context& context, net::HttpHandler& handler) {
    net::HttpServer server(context, handler, {});
    const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    const auto bound = server.listen(any);
    if (!bound) {
        std::fprintf(stderr, "%s\n", bound.error().message.c_str());
        return 1;
    }
    std::printf("%d\n", bound->port());
    std::fflush(stdout);
    context.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "";
    asio::io_context context(1);
    if (mode == "echo" && argc == 2) {
        Echo echo;
        return serve(context, echo);
    }
    std::uint16_t port = 0;
    if (mode == "proxy" && argc == 3) {
        const std::string_view text = argv[2];
        std::from_chars(text.data(), text.data() + text.size(), port);
    }
    if (port == 0) {
        std::fprintf(stderr, "usage: net_bench echo | proxy PORT\n");
        return 2;
    }
    Proxy proxy(context, port);
    return serve(context, proxy);
}
