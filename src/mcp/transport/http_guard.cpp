#include "mcp/transport/http_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace kimbap::mcp {
namespace {

/// What a Host names.
struct Authority {
    std::string_view name;
    std::string_view port;  ///< "" where none is said.
};

/// Takes "name:port" or "[v6]:port" apart; nullopt where it is neither, nor a name alone.
std::optional<Authority> authority_of(std::string_view host) {
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
    const std::size_t end = bracket == std::string_view::npos ? host.find(':') : bracket + 1;
    Authority out{host.substr(0, end), {}};
    const std::string_view rest = host.substr(out.name.size());
    if (rest.empty()) return out;
    out.port = rest.substr(1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (rest.front() != ':' || !std::all_of(out.port.begin(), out.port.end(), is_digit)) {
        return std::nullopt;
    }
    return out;
}

bool is_loopback(std::string_view host) {
    constexpr std::array<std::string_view, 3> kNames = {"localhost", "127.0.0.1", "[::1]"};
    return std::any_of(kNames.begin(), kNames.end(),
                       [&](std::string_view name) { return iequals(host, name); });
}

/// The port, which is the scheme's own where none is said.
std::string_view port_of(const Authority& authority, std::string_view scheme) {
    if (!authority.port.empty()) return authority.port;
    return iequals(scheme, "https") ? "443" : "80";
}

/// Whether both are literal names of this machine with one port: a page that the server's own
/// listener gave out under another of its names. No foreign name can be among them, whatever
/// address its owner has it resolve to.
bool same_loopback_listener(std::string_view scheme, std::string_view origin,
                            std::string_view host) {
    if (!iequals(scheme, "http") && !iequals(scheme, "https")) return false;
    const auto from = authority_of(origin);
    const auto to = authority_of(host);
    return from && to && is_loopback(from->name) && is_loopback(to->name) &&
           port_of(*from, scheme) == port_of(*to, scheme);
}

}  // namespace

HttpGuard::HttpGuard(std::vector<std::string> allowed_hosts,
                     std::vector<std::string> allowed_origins, std::string advice)
    : hosts_(std::move(allowed_hosts)),
      origins_(std::move(allowed_origins)),
      advice_(advice.empty() ? "" : " (" + advice + ")") {}

bool HttpGuard::allows_host(std::string_view host) const {
    const auto named = authority_of(host);
    if (!named) return false;
    if (hosts_.empty()) return is_loopback(named->name);
    // One that is listed with a port is served at that port alone.
    return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& allowed) {
        return iequals(allowed, host) || iequals(allowed, named->name);
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
