#pragma once

#include <string>
#include <variant>

#include "async/task.hpp"
#include "mcp/context.hpp"

namespace kimbap::net {
struct HttpRequest;
}

namespace kimbap::mcp {

/// Why a request is not served.
struct AuthRefusal {
    int status = 401;  ///< 401, 403, or 503 where it can't be told now.
    std::string message;
    std::string www_authenticate = {};  ///< RFC 9110 section 11.6.1; sent with a 401.
};
using AuthOutcome = std::variant<PrincipalPtr, AuthRefusal>;

/// Tells who sends an HTTP request. Asked for every single one, so that a revoked token works no
/// longer than until the next request. Serves all threads at once.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    virtual Task<AuthOutcome> authenticate(const net::HttpRequest& request) = 0;
    /// Whether a principal may keep a stream that it opened earlier; asked at every keepalive and
    /// event.
    virtual Task<bool> still_valid(PrincipalPtr principal) = 0;
};

}  // namespace kimbap::mcp
