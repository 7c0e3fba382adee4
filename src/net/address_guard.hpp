#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace kimbap::net {

/// What an address is, as far as reaching out to it goes (IANA special-purpose registries, RFC
/// 6890).
enum class AddressKind {
    global,
    loopback,
    private_use,  ///< RFC 1918, unique local (fc00::/7), site-local, shared (100.64.0.0/10)
    link_local,   ///< Cloud metadata services among them.
    unspecified,
    multicast,
    reserved,  ///< Documentation, benchmarking, future use, broadcast.
};
[[nodiscard]] std::string_view name(AddressKind kind) noexcept;

/// Looks through IPv4 addresses embedded in IPv6 ones (mapped, compatible, NAT64, 6to4, Teredo):
/// the kind is the embedded address's.
[[nodiscard]] AddressKind classify(const boost::asio::ip::address& address);

/// Which addresses that are not global may be reached all the same (egress.allow_private). A
/// manifest that names a public host must not be led into the operator's network by what that host
/// resolves to (DNS rebinding), so the check is on the address that is connected to.
class AddressGuard {
public:
    AddressGuard() = default;
    /// Entries are CIDRs ("10.0.0.0/8", "fd00::/8"), addresses, or "host:port" ("[::1]:8080").
    /// Errors: invalid_config, naming the entry.
    static Result<AddressGuard> create(std::span<const std::string> allow_private);

    /// Whether `host`, written in a URL, may be reached at `address` and `port`.
    [[nodiscard]] bool allows(std::string_view host, const boost::asio::ip::address& address,
                              std::uint16_t port) const;

private:
    struct HostPort {
        std::string host;
        std::uint16_t port;
    };
    static std::optional<HostPort> read_host_port(const std::string& entry);

    std::vector<boost::asio::ip::network_v4> networks_v4_;
    std::vector<boost::asio::ip::network_v6> networks_v6_;
    std::vector<HostPort> hosts_;
};

}  // namespace kimbap::net
