#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace kimbap::net {

/// An absolute http or https URL (RFC 3986), taken apart.
struct Url {
    bool tls = false;
    std::string host;  ///< Lower case; an IPv6 literal without brackets, shortest.
    std::uint16_t port = 80;
    std::string target = "/";  ///< Path and query as given, still encoded.
    bool host_is_address =
        false;  ///< An IP literal, or "localhost": somebody wrote the address out.

    /// scheme://host:port, default ports left out.
    [[nodiscard]] std::string origin() const;
    /// What goes into the Host header.
    [[nodiscard]] std::string authority() const;
};

/// Errors: invalid_argument, its message free of user information and query. Refused are other
/// schemes, user information (which would be a credential in a URL), fragments, hosts that are not
/// ASCII, addresses in odd spellings (0x7f.1, 2130706433, 0177.0.0.1), which resolvers read as
/// addresses that a reader doesn't see, dot segments, which lead out of the path that a manifest
/// names, and broken percent escapes.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

[[nodiscard]] bool same_origin(const Url& a, const Url& b);

}  // namespace kimbap::net
