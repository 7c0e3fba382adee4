#include "net/url.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace kimbap::net {

namespace {

/// How much of a faulty URL its error shows.
constexpr std::size_t kShownBytes = 200;

/// `text` without user information and query, which may be credentials.
std::string shown(std::string_view text) {
    std::string out(text.substr(0, text.find_first_of("?#")));
    const std::size_t at = out.rfind('@');
    const std::size_t slashes = out.find("//");
    if (at != std::string::npos) out.erase(slashes == std::string::npos ? 0 : slashes + 2, at + 1);
    return out.substr(0, kShownBytes);
}

Error bad(std::string_view text, std::string_view why) {
    return make_error(Errc::invalid_argument,
                      "\"" + shown(text) + "\" is not a usable URL: " + std::string(why));
}

bool host_name(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    return std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

/// Whether the last label is all digits or hexadecimal: a resolver takes such a host for an IPv4
/// address (WHATWG URL, "ends in a number").
bool ends_in_number(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    const std::size_t dot = host.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
    if (last.empty()) return false;
    if (last.starts_with("0x")) return true;
    return std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Four decimal numbers up to 255 without leading zeros: the one spelling that all read alike.
bool is_ipv4_address(std::string_view host) {
    for (int part = 0; part < 4; ++part) {
        if (part > 0) {
            if (!host.starts_with('.')) return false;
            host.remove_prefix(1);
        }
        unsigned value = 0;
        const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), value);
        const auto digits = static_cast<std::size_t>(end - host.data());
        if (error != std::errc{} || value > 255 || digits > 3 ||
            (digits > 1 && host.front() == '0')) {
            return false;
        }
        host.remove_prefix(digits);
    }
    return host.empty();
}

/// Whether a segment of a path is "." or "..", also percent-encoded (WHATWG URL).
bool dot_segment(std::string_view segment) {
    std::size_t dots = 0;
    while (!segment.empty()) {
        const bool encoded =
            segment.starts_with("%2") && segment.size() >= 3 && (segment[2] | 0x20) == 'e';
        if (!encoded && segment.front() != '.') return false;
        segment.remove_prefix(encoded ? 3 : 1);
        ++dots;
    }
    return dots == 1 || dots == 2;
}

/// What is wrong with a path and query; null where nothing is.
const char* target_fault(std::string_view target) {
    for (std::size_t at = target.find('%'); at != std::string_view::npos;
         at = target.find('%', at + 1)) {
        if (at + 2 >= target.size() || hex_value(target[at + 1]) < 0 ||
            hex_value(target[at + 2]) < 0) {
            return "a % without two hexadecimal digits after it (write %25 for the sign itself)";
        }
    }
    std::string_view path = target.substr(0, target.find('?'));
    while (path.starts_with('/')) {
        path.remove_prefix(1);
        const std::string_view segment = path.substr(0, path.find('/'));
        if (dot_segment(segment)) return "its path has a dot segment (write the path out)";
        path.remove_prefix(segment.size());
    }
    return nullptr;
}

Result<void> read_host(std::string_view text, std::string_view host, bool bracketed, Url& url) {
    url.host = to_lower(host);
    if (bracketed) {
        boost::system::error_code error;
        const auto address = boost::asio::ip::make_address_v6(url.host, error);
        if (error || url.host.find('%') != std::string::npos)
            return bad(text, "not an IPv6 address");
        url.host = address.to_string();
        url.host_is_address = true;
        return {};
    }
    if (!host_name(url.host)) return bad(text, "the host name has characters that are not allowed");
    if (url.host.starts_with('.') || url.host.find("..") != std::string::npos)
        return bad(text, "the host name has an empty label");
    if (is_ipv4_address(url.host)) {
        url.host_is_address = true;
    } else if (ends_in_number(url.host)) {
        return bad(text, "an address in an odd spelling (write it as four decimal numbers)");
    }
    if (url.host == "localhost") url.host_is_address = true;
    return {};
}

}  // namespace

std::string Url::authority() const {
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
    return out;
}

std::string Url::origin() const {
    return (tls ? "https://" : "http://") + authority();
}

Result<Url> parse_url(std::string_view text) {
    Url url;
    std::string_view rest = text;
    const std::string scheme = to_lower(rest.substr(0, rest.find(':')));
    if (scheme == "https") {
        url.tls = true;
        url.port = 443;
    } else if (scheme != "http") {
        return bad(text, "it must start with https:// or http://");
    }
    rest.remove_prefix(scheme.size());
    if (!rest.starts_with("://")) return bad(text, "it must start with https:// or http://");
    rest.remove_prefix(3);
    if (std::any_of(rest.begin(), rest.end(), [](char c) {
            return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F ||
                   c == '\\';
        })) {
        return bad(text,
                   "it has white space, a backslash or characters outside ASCII (encode them)");
    }
    const std::size_t end = rest.find_first_of("/?#");
    std::string_view authority = rest.substr(0, end);
    rest.remove_prefix(authority.size());
    if (rest.find('#') != std::string_view::npos) return bad(text, "it has a fragment");
    if (authority.find('@') != std::string_view::npos) {
        return bad(text, "it has user information (credentials belong into the vault)");
    }
    const bool bracketed = authority.starts_with('[');
    std::string_view host;
    if (bracketed) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return bad(text, "the IPv6 address has no closing ]");
        host = authority.substr(1, close - 1);
        authority.remove_prefix(close + 1);
    } else {
        host = authority.substr(0, authority.find(':'));
        authority.remove_prefix(host.size());
    }
    if (!authority.empty()) {
        const bool separated = authority.starts_with(':');
        authority.remove_prefix(1);
        const auto [stop, error] =
            std::from_chars(authority.data(), authority.data() + authority.size(), url.port);
        if (!separated || error != std::errc{} || stop != authority.data() + authority.size() ||
            url.port == 0) {
            return bad(text, "the port is not a number from 1 to 65535");
        }
    }
    if (const char* fault = target_fault(rest)) return bad(text, fault);
    const Result<void> read = read_host(text, host, bracketed, url);
    if (!read) return read.error();
    url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    return url;
}

bool same_origin(const Url& a, const Url& b) {
    return a.tls == b.tls && a.port == b.port && a.host == b.host;
}

}  // namespace kimbap::net
