#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kimbap::manifests {

/// Whether an address or host:port may be reached over plain http though it is not loopback
/// (egress.allow_private); decided by the app, which knows the network rules. `host` as it stands
/// in the URL: an IPv6 address with its brackets.
using PlainHttpAllowed = std::function<bool(std::string_view host, std::uint16_t port)>;

/// What is wrong with a service's base URL ("… (what would be right)"), or "" where it may be used:
/// https, or http to where `plain` allows; a host and perhaps a port and a path; no user
/// information, query or fragment. The characters are RFC 3986's, so that no two readers can take
/// the host for different ones.
[[nodiscard]] std::string base_url_fault(std::string_view url, const PlainHttpAllowed& plain);

/// Whether `text` holds only characters of a URL's path, and whole %XX escapes (RFC 3986 section
/// 3.3).
[[nodiscard]] bool is_url_path(std::string_view text);

/// Whether a path has a segment "." or "..", also percent-encoded, which no request is sent to.
[[nodiscard]] bool has_dot_segment(std::string_view path);

}  // namespace kimbap::manifests
