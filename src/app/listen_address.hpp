#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace kimbap::app {

/// Where `kimbap serve` listens: an address with a port, or a Unix socket.
struct ListenAddress {
    boost::asio::ip::tcp::endpoint endpoint;  ///< Port 0: any that is free.
    std::string unix_path;                    ///< Not empty: this, and no endpoint.

    [[nodiscard]] bool is_unix() const noexcept { return !unix_path.empty(); }
    /// Whether only this machine's own processes reach it.
    [[nodiscard]] bool is_local() const;
    /// Whether it names any address, or port, and so none that a client could be told.
    [[nodiscard]] bool is_open_ended() const;
};

/// Reads ADDRESS:PORT (`[::1]:80` for IPv6, `localhost` for 127.0.0.1) or unix:PATH.
/// Errors: invalid_config.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace kimbap::app
