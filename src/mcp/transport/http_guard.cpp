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

}  // namespace

HttpGuard::HttpGuard(std::vector<std::string> allowed_hosts,
                     std::vector<std::string> allowed_origins)
    : hosts_(std::move(allowed_hosts)), origins_(std::move(allowed_origins)) {}

bool HttpGuard::allows_host(std::string_view host) const {
    if (hosts_.empty()) return is_loopback(without_port(host));
    return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& allowed) {
        return iequals(allowed, host) ||
               (!has_port(allowed) && iequals(allowed, without_port(host)));
    });
}

bool HttpGuard::allows_origin(std::string_view origin, std::string_view host) const {
    const auto scheme = origin.find("://");
    if (scheme != std::string_view::npos && iequals(origin.substr(scheme + 3), host)) return true;
    return std::any_of(origins_.begin(), origins_.end(), [&](const std::string& allowed) {
        return allowed == "*" || iequals(allowed, origin);
    });
}

std::optional<std::string> HttpGuard::refusal(std::string_view host,
                                              std::optional<std::string_view> origin) const {
    if (!allows_host(host)) {
        return "Host '" + std::string(host) + "' is not served here (list it among the hosts)";
    }
    if (origin && !allows_origin(*origin, host)) {
        return "Origin '" + std::string(*origin) + "' is not allowed (list it among the origins)";
    }
    return std::nullopt;
}

}  // namespace kimbap::mcp
