#include "app/relay_process.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <exception>
#include <utility>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "mcp/relay/relay.hpp"
#include "net/address_guard.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"

namespace kimbap::app {

namespace {

/// The guard keeps manifests out of the operator's network. Where the relay's own server is, only
/// whoever starts the relay says.
net::AddressGuard anywhere() {
    const std::array<std::string, 2> networks{"0.0.0.0/0", "::/0"};
    return std::move(*net::AddressGuard::create(networks));
}

/// Whether the token would cross a network that others can read.
bool in_the_clear(const mcp::relay::Target& target) {
    const net::Url& url = target.url;
    const bool loopback =
        url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
    return target.unix_path.empty() && !url.tls && !loopback;
}

}  // namespace

Result<void> run_relay(const std::string& connect, std::optional<std::string> bearer) {
    auto target = mcp::relay::parse_target(connect);
    if (!target) return target.error();
    if (bearer && in_the_clear(*target)) {
        log::warn("the token goes over the network unencrypted: use https://",
                  {{"server", connect}});
    }
    Secret token;
    if (bearer) token = Secret::take(*bearer);
    const net::AddressGuard guard = anywhere();
    boost::asio::io_context context(1);
    net::HttpClient http(context, std::make_shared<net::ClientTls>(), guard);
    mcp::relay::Relay relay(http, std::move(*target), std::move(token));
    boost::asio::signal_set signals(context, SIGTERM, SIGINT);
    signals.async_wait([&](boost::system::error_code error, int) {
        if (!error) relay.stop();
    });
    std::exception_ptr failure;
    boost::asio::co_spawn(context, relay.run(), [&](std::exception_ptr thrown) {
        failure = thrown;
        context.stop();
    });
    context.run();
    if (failure) std::rethrow_exception(failure);
    return {};
}

}  // namespace kimbap::app
