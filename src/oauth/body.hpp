#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "oauth/provider.hpp"

namespace kimbap::oauth {

/// The parameters of a request to a provider, some of them secret. Views: what they name lives
/// until encode() is done.
using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

/// application/x-www-form-urlencoded (RFC 6749 appendix B), or a JSON object of strings. Written
/// into room that was made once: no secret is left behind in memory that was outgrown. The caller
/// wipes it (net::HttpClient does).
[[nodiscard]] std::string encode_body(const Parameters& parameters, TokenRequestFormat format);

/// `Basic` credentials (RFC 6749 section 2.3.1: both parts form-encoded first). To be wiped.
[[nodiscard]] std::string basic_credentials(std::string_view client_id, std::string_view secret);

/// Appends the parameters to a URL that has no fragment, keeping a query that it has.
[[nodiscard]] std::string with_query(std::string_view url, const Parameters& parameters);

}  // namespace kimbap::oauth
