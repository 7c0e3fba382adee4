#include "net/address_guard.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "net/url.hpp"

namespace kimbap::net {

namespace {

namespace ip = boost::asio::ip;

struct Range {
    const char* network;
    AddressKind kind;
};
constexpr std::array kRangesV4{
    Range{"168.63.129.16/32", AddressKind::link_local},  // Azure's host agent, though routable
    Range{"0.0.0.0/8", AddressKind::unspecified},
    Range{"10.0.0.0/8", AddressKind::private_use},
    Range{"100.64.0.0/10", AddressKind::private_use},
    Range{"127.0.0.0/8", AddressKind::loopback},
    Range{"169.254.0.0/16", AddressKind::link_local},
    Range{"172.16.0.0/12", AddressKind::private_use},
    Range{"192.0.0.0/24", AddressKind::reserved},
    Range{"192.0.2.0/24", AddressKind::reserved},
    Range{"192.88.99.0/24", AddressKind::reserved},
    Range{"192.168.0.0/16", AddressKind::private_use},
    Range{"198.18.0.0/15", AddressKind::reserved},
    Range{"198.51.100.0/24", AddressKind::reserved},
    Range{"203.0.113.0/24", AddressKind::reserved},
    Range{"224.0.0.0/4", AddressKind::multicast},
    Range{"240.0.0.0/4", AddressKind::reserved},
};
constexpr std::array kRangesV6{
    Range{"fe80::/10", AddressKind::link_local},
    Range{"fec0::/10", AddressKind::private_use},
    Range{"fc00::/7", AddressKind::private_use},
    Range{"ff00::/8", AddressKind::multicast},
    Range{"100::/64", AddressKind::reserved},
    Range{"2001:db8::/32", AddressKind::reserved},
    Range{"3fff::/20", AddressKind::reserved},
    Range{"2001:2::/48", AddressKind::reserved},
    Range{"2001:20::/28", AddressKind::reserved},
    Range{"2001:10::/28", AddressKind::reserved},
    Range{"64:ff9b:1::/48", AddressKind::private_use},  // NAT64 of the operator's own, RFC 8215
};
/// All that is assigned for global use (RFC 4291 section 2.4, IANA's registry).
constexpr const char* kGlobalUnicastV6 = "2000::/3";

template <class Network>
bool contains(const Network& network, const decltype(network.address())& address) {
    auto host = Network(address, network.prefix_length());
    return host.network() == network.network();
}

AddressKind classify_v4(ip::address_v4 address) {
    for (const Range& range : kRangesV4) {
        if (contains(ip::make_network_v4(range.network), address)) return range.kind;
    }
    return AddressKind::global;
}

/// The IPv4 address that an IPv6 one carries, at byte `at`.
ip::address_v4 embedded(const ip::address_v6::bytes_type& bytes, std::size_t at,
                        unsigned char mask = 0) {
    return ip::address_v4(
        ip::address_v4::bytes_type{static_cast<unsigned char>(bytes[at] ^ mask),
                                   static_cast<unsigned char>(bytes[at + 1] ^ mask),
                                   static_cast<unsigned char>(bytes[at + 2] ^ mask),
                                   static_cast<unsigned char>(bytes[at + 3] ^ mask)});
}

std::optional<ip::address_v4> carried(const ip::address_v6& address) {
    const auto bytes = address.to_bytes();
    const auto in = [&](const char* network) {
        return contains(ip::make_network_v6(network), address);
    };
    if (address.is_v4_mapped() || in("::/96") || in("::ffff:0:0:0/96") || in("64:ff9b::/96")) {
        return embedded(bytes, 12);
    }
    if (in("2002::/16")) return embedded(bytes, 2);         // 6to4
    if (in("2001::/32")) return embedded(bytes, 12, 0xFF);  // Teredo: the client's, inverted
    return std::nullopt;
}

}  // namespace

std::string_view name(AddressKind kind) noexcept {
    switch (kind) {
        case AddressKind::global:
            return "global";
        case AddressKind::loopback:
            return "loopback";
        case AddressKind::private_use:
            return "private";
        case AddressKind::link_local:
            return "link-local";
        case AddressKind::unspecified:
            return "unspecified";
        case AddressKind::multicast:
            return "multicast";
        case AddressKind::reserved:
            return "reserved";
    }
    return "reserved";
}

AddressKind classify(const ip::address& address) {
    if (address.is_v4()) return classify_v4(address.to_v4());
    const ip::address_v6 v6 = address.to_v6();
    if (v6.is_loopback()) return AddressKind::loopback;
    if (v6.is_unspecified()) return AddressKind::unspecified;
    if (const auto v4 = carried(v6)) return classify_v4(*v4);
    for (const Range& range : kRangesV6) {
        if (contains(ip::make_network_v6(range.network), v6)) return range.kind;
    }
    return contains(ip::make_network_v6(kGlobalUnicastV6), v6) ? AddressKind::global
                                                               : AddressKind::reserved;
}

std::optional<AddressGuard::HostPort> AddressGuard::read_host_port(const std::string& entry) {
    const std::size_t colon = entry.rfind(':');
    const auto url = parse_url("http://" + entry);
    // A bare "host:port", its port written out.
    if (!url || url->target != "/" || colon == std::string::npos || entry.ends_with('/') ||
        entry.find(']', colon) != std::string::npos) {
        return std::nullopt;
    }
    return HostPort{url->host, url->port};
}

Result<AddressGuard> AddressGuard::create(std::span<const std::string> allow_private) {
    AddressGuard guard;
    for (const std::string& entry : allow_private) {
        boost::system::error_code error;
        const bool cidr = entry.find('/') != std::string::npos;
        const auto v4 = ip::make_network_v4(cidr ? entry : entry + "/32", error);
        if (!error) {
            guard.networks_v4_.push_back(v4.canonical());
            continue;
        }
        const auto v6 = ip::make_network_v6(cidr ? entry : entry + "/128", error);
        if (!error) {
            guard.networks_v6_.push_back(v6.canonical());
            continue;
        }
        auto host_port = read_host_port(entry);
        if (!host_port) {
            return make_error(Errc::invalid_config,
                              "egress.allow_private: \"" + entry +
                                  "\" is neither a network nor an address nor host:port (like "
                                  "10.0.0.0/8 or db.internal:8080)");
        }
        guard.hosts_.push_back(std::move(*host_port));
    }
    return guard;
}

bool AddressGuard::allows(std::string_view host, const ip::address& address,
                          std::uint16_t port) const {
    if (classify(address) == AddressKind::global) return true;
    if (std::any_of(hosts_.begin(), hosts_.end(), [&](const HostPort& entry) {
            return entry.port == port && entry.host == host;
        })) {
        return true;
    }
    if (address.is_v4()) {
        return std::any_of(networks_v4_.begin(), networks_v4_.end(),
                           [&](const auto& network) { return contains(network, address.to_v4()); });
    }
    const ip::address_v6 v6 = address.to_v6();
    if (v6.is_v4_mapped()) {
        const auto v4 = ip::make_address_v4(ip::v4_mapped, v6);
        if (std::any_of(networks_v4_.begin(), networks_v4_.end(),
                        [&](const auto& network) { return contains(network, v4); })) {
            return true;
        }
    }
    return std::any_of(networks_v6_.begin(), networks_v6_.end(),
                       [&](const auto& network) { return contains(network, v6); });
}

}  // namespace kimbap::net
