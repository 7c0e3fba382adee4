#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "net/address_guard.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "support/run_task.hpp"

namespace kimbap::net::test {

/// A client on the test's own thread.
struct ClientHarness {
    explicit ClientHarness(AddressGuard allowed = {})
        : guard(std::move(allowed)), client(context, std::make_shared<ClientTls>(), guard) {}

    /// To 127.0.0.1, an address that the operator chose, within ten seconds.
    static OutboundRequest request_to(std::uint16_t port, std::string target = "/") {
        OutboundRequest request;
        request.url = *parse_url("http://127.0.0.1:" + std::to_string(port) + target);
        request.operator_chose_address = true;
        request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        return request;
    }
    Exchange send(OutboundRequest request) {
        return kimbap::test::run_on(context, client.send(std::move(request)));
    }
    Exchange get(std::uint16_t port) { return send(request_to(port)); }

    asio::io_context context{1};
    AddressGuard guard;
    HttpClient client;
};

}  // namespace kimbap::net::test
