#include "mcp/transport/http_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace kimbap::mcp {
namespace {

/// "name:port" or "[v6]:port" without its port.
std::string_view without_port(std::string_view host) {
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        return end == std::string_view::npos ? host : host.substr(0, end + 1);
    }
    return host.substr(0, host.find(':'));
}

bool has_port(std::string_view host) {
    return without_port(host).size() != host.size();
}

bool is_loopback(std::string_view host) {
    constexpr std::array<std::string_view, 3> kNames = {"localhost", "127.0.0.1", "[::1]"};
    return std::any_of(kNames.begin(), kNames.end(),
                       [&](std::string_view name) { return iequals(host, name); });
}

/// The port of an "http://host:port" or of what a Host names, the scheme's own where none is said.
std::string_view port_of(std::string_view host, std::string_view scheme) {
    const std::string_view port = host.substr(without_port(host).size());
    if (port.starts_with(':')) return port.substr(1);
    return iequals(scheme, "https") ? "443" : "80";
}

/// Whether both are literal names of this machine with one port: a page that the server's own
/// listener gave out under another of its names. No foreign name can be among them, whatever
/// address its owner has it resolve to.
bool same_loopback_listener(std::string_view scheme, std::string_view origin,
                            std::string_view host) {
    return (iequals(scheme, "http") || iequals(scheme, "https")) &&
           is_loopback(without_port(origin)) && is_loopback(without_port(host)) &&
           port_of(origin, scheme) == port_of(host, scheme);
}

}  // namespace

HttpGuard::HttpGuard(std::vector<std::string> allowed_hosts,
                     std::vector<std::string> allowed_origins, std::string advice)
    : hosts_(std::move(allowed_hosts)),
      origins_(std::move(allowed_origins)),
      advice_(advice.empty() ? "" : " (" + advice + ")") {}

bool HttpGuard::allows_host(std::string_view host) const {
    if (hosts_.empty()) return is_loopback(without_port(host));
    return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& allowed) {
        return iequals(allowed, host) ||
               (!has_port(allowed) && iequals(allowed, without_port(host)));
    });
}

bool HttpGuard::allows_origin(std::string_view origin, std::string_view host) const {
    const auto scheme = origin.find("://");
    if (scheme != std::string_view::npos) {
        const std::string_view named = origin.substr(scheme + 3);
        if (iequals(named, host)) return true;
        if (same_loopback_listener(origin.substr(0, scheme), named, host)) return true;
    }
    return std::any_of(origins_.begin(), origins_.end(), [&](const std::string& allowed) {
        return allowed == "*" || iequals(allowed, origin);
    });
}

std::optional<std::string> HttpGuard::refusal(std::string_view host,
                                              std::optional<std::string_view> origin) const {
    if (!allows_host(host)) {
        return "Host '" + std::string(host) + "' is not served here" + advice_;
    }
    if (origin && !allows_origin(*origin, host)) {
        return "Origin '" + std::string(*origin) + "' is not allowed" + advice_;
    }
    return std::nullopt;
}

}  // namespace kimbap::mcp
