#include "manifests/base_url.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace kimbap::manifests {

namespace {

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of(std::string_view text, std::string_view marks) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alnum(c) || marks.find(c) != std::string_view::npos;
    });
}

bool is_host(std::string_view host) {
    if (host.starts_with('[')) {
        return host.size() > 3 && host.ends_with(']') &&
               host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
                   std::string_view::npos;
    }
    return !host.empty() && all_of(host, "-._") && host.find("..") == std::string_view::npos &&
           !host.starts_with('.');
}

/// 127.0.0.0/8 in four plain decimal parts; "127.evil.example" is none.
bool is_loopback_v4(std::string_view host) {
    const auto parts = split(host, '.');
    return parts.size() == 4 && parts[0] == "127" &&
           std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
               unsigned value = 256;
               const char* end = part.data() + part.size();
               return std::from_chars(part.data(), end, value).ptr == end && value < 256 &&
                      (part.size() == 1 || !part.starts_with('0'));
           });
}

bool is_loopback(std::string_view host) {
    return iequals(host, "localhost") || host == "[::1]" || is_loopback_v4(host);
}

}  // namespace

bool is_url_path(std::string_view text) {
    return all_of(text, "-._~!$&'()*+,;=:@%/") && percent_decode(text).has_value();
}

bool has_dot_segment(std::string_view path) {
    const std::vector<std::string_view> segments = split(path, '/');
    return std::any_of(segments.begin(), segments.end(), [](std::string_view segment) {
        const std::string name = percent_decode(segment).value_or("");
        return name == "." || name == "..";
    });
}

std::string base_url_fault(std::string_view url, const PlainHttpAllowed& plain) {
    if (url.find_first_of("?#") != std::string_view::npos) {
        return "has a query or fragment (only scheme, host and path)";
    }
    const bool secure = url.starts_with("https://");
    if (!secure && !url.starts_with("http://")) {
        return "\"" + std::string(url) + "\" is not an https URL (like https://api.example.com)";
    }
    url.remove_prefix(secure ? 8 : 7);
    const std::size_t slash = std::min(url.find('/'), url.size());
    const std::string_view authority = url.substr(0, slash);
    if (authority.find('@') != std::string_view::npos) {
        return "has user information (credentials belong into the vault)";
    }
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const std::string_view host = authority.substr(0, colon);
    if (!is_host(host)) {
        return "\"" + std::string(host) + "\" is not a host name or address (like api.example.com)";
    }
    std::uint16_t port = 80;
    if (colon != std::string_view::npos) {
        const std::string_view text = authority.substr(colon + 1);
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, port);
        if (error != std::errc{} || stop != end || port == 0) {
            return "\"" + std::string(text) + "\" is not a port (1 to 65535)";
        }
    }
    if (!is_url_path(url.substr(slash))) {
        return "has a path with characters that no URL has (percent-encode them)";
    }
    if (has_dot_segment(url.substr(slash))) return "has a dot segment (write the path out)";
    if (secure || is_loopback(host) || plain(host, port)) return "";
    return "plain http would show the credential to the network (use https; http is for loopback "
           "and what egress.allow_private lists)";
}

}  // namespace kimbap::manifests
