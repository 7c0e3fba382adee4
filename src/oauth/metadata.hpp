#pragma once

#include <string>

#include "async/task.hpp"
#include "base/error.hpp"
#include "oauth/provider.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::oauth {

/// What a provider's server is and does, as its file or its metadata says.
struct Metadata {
    std::string issuer;
    Endpoints endpoints;
    /// Every authorization response names the issuer (RFC 9207 section 3): one without is forged.
    bool iss_in_response = false;
};

/// The provider's endpoints: from its file, or from its issuer's metadata (OpenID Connect Discovery
/// section 4, else RFC 8414), whose issuer must be exactly the one asked, so that no server can
/// speak for another. Errors: protocol_error, unavailable, the HTTP client's.
[[nodiscard]] Task<Result<Metadata>> fetch_metadata(const Provider& provider,
                                                    net::HttpClient& http);

}  // namespace kimbap::oauth
