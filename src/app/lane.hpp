#pragma once

#include <boost/asio/io_context.hpp>

#include "app/gateway.hpp"
#include "net/http_client.hpp"

namespace kimbap::app {

/// One I/O thread's share of the gateway.
struct Gateway::Lane {
    Lane(boost::asio::io_context& io, std::shared_ptr<net::ClientTls> tls,
         const net::AddressGuard& guard, pipeline::Services& services)
        : context(io), http(io, std::move(tls), guard), pipeline(services, http) {}

    boost::asio::io_context& context;
    net::HttpClient http;
    pipeline::Pipeline pipeline;
};

}  // namespace kimbap::app
