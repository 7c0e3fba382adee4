#pragma once

#include <string_view>

#include "base/error.hpp"
#include "manifests/manifest.hpp"
#include "manifests/request.hpp"
#include "net/url.hpp"

namespace kimbap::pipeline {

/// How often one request is sent on.
inline constexpr int kMaxRedirects = 5;

/// One request on its way through redirects.
struct Hop {
    manifests::RenderedRequest request;
    net::Url url;  ///< Of `request`.
    /// Only as long as every hop stayed on the manifest's origin: once lost, a redirect back to it
    /// doesn't bring it back.
    bool with_credential = true;
};

/// Whether an answer sends its request on (RFC 9110 section 15.4).
[[nodiscard]] bool is_redirect(unsigned status, std::string_view location);

/// What a Location means, relative to where it came from (RFC 9110 section 10.2.2), without its
/// fragment. Errors: invalid_argument, as net::parse_url().
[[nodiscard]] Result<net::Url> resolve_location(const net::Url& from, std::string_view location);

/// Sets `hop` up for where `location` leads. Only GET and HEAD are sent on, so that nothing is done
/// where nobody decided about it. On the same origin the request stays as it is, with its
/// credential. Another origin must be in the service's `redirects_to`; it gets neither the
/// credential nor the action's own headers. `auth` is the action's: a credential that the answer
/// repeats in its Location's query is taken out of it.
/// Errors: blocked_address where the redirect is refused, saying why and the mend; never quotes
/// more of the location than its origin.
[[nodiscard]] Result<void> follow(Hop& hop, const manifests::Service& service,
                                  const manifests::Auth& auth, std::string_view location);

}  // namespace kimbap::pipeline
