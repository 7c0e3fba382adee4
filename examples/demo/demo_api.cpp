// A small shop's HTTP API, for scripts/quickstart: it wants a bearer token that only kimbap holds.
//
//   DEMO_API_TOKEN=… demo_api [PORT]    prints "listening on 127.0.0.1:PORT" once it serves
#include <httplib.h>

#include <boost/json/object.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <string>

#include "base/json_text.hpp"

namespace {

namespace json = kimbap::json;

struct Order {
    std::string customer;
    std::int64_t amount = 0;  ///< In cents.
    std::string state;
};

class Shop {
public:
    explicit Shop(std::string token) : authorization_("Bearer " + std::move(token)) {
        orders_ = {{"1001", {"Ada", 4900, "paid"}}, {"1002", {"Grace", 12900, "shipped"}}};
    }

    void serve(httplib::Server& server) {
        server.Get(R"(/v1/orders/(\d+))", [this](const auto& request, auto& response) {
            if (!authorized(request, response)) return;
            with_order(request, response, [](Order&) {});
        });
        server.Post(R"(/v1/orders/(\d+)/refund)", [this](const auto& request, auto& response) {
            if (!authorized(request, response)) return;
            with_order(request, response, [](Order& order) { order.state = "refunded"; });
            std::cerr << "demo API: order " << request.matches[1] << " refunded" << std::endl;
        });
        server.Delete(R"(/v1/orders/(\d+))", [this](const auto& request, auto& response) {
            if (!authorized(request, response)) return;
            with_order(request, response, [](Order& order) { order.state = "deleted"; });
        });
    }

private:
    bool authorized(const httplib::Request& request, httplib::Response& response) const {
        if (request.get_header_value("Authorization") == authorization_) return true;
        response.status = 401;
        response.set_content(R"({"error":"missing or wrong bearer token"})", "application/json");
        return false;
    }

    template <class Change>
    void with_order(const httplib::Request& request, httplib::Response& response, Change change) {
        const std::lock_guard lock(mutex_);
        const auto found = orders_.find(request.matches[1]);
        if (found == orders_.end()) {
            response.status = 404;
            response.set_content(R"({"error":"no such order"})", "application/json");
            return;
        }
        change(found->second);
        const json::object body{{"id", found->first},
                                {"customer", found->second.customer},
                                {"amount", found->second.amount},
                                {"state", found->second.state},
                                // What a careless API does: kimbap redacts it on its way out.
                                {"debug", {{"authorization", authorization_}}}};
        response.set_content(kimbap::to_json(body), "application/json");
    }

    std::string authorization_;
    std::mutex mutex_;
    std::map<std::string, Order> orders_;
};

}  // namespace

int main(int argc, char** argv) {
    const char* token = std::getenv("DEMO_API_TOKEN");
    if (token == nullptr || *token == '\0' || argc > 2) {
        std::cerr << "usage: DEMO_API_TOKEN=TOKEN demo_api [PORT]\n";
        return 2;
    }
    Shop shop(token);
    httplib::Server server;
    shop.serve(server);
    int port = argc > 1 ? std::stoi(argv[1]) : 0;
    if (port == 0) {
        port = server.bind_to_any_port("127.0.0.1");
    } else if (!server.bind_to_port("127.0.0.1", port)) {
        port = -1;
    }
    if (port <= 0) {
        std::cerr << "demo_api: the port is taken\n";
        return 1;
    }
    std::cout << "listening on 127.0.0.1:" << port << std::endl;
    return server.listen_after_bind() ? 0 : 1;
}
