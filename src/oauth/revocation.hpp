#pragma once

#include <string>

#include "async/task.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "oauth/client.hpp"
#include "oauth/provider.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::oauth {

/// Takes a token back at the provider, in the provider's style. `hint` is RFC 7009's
/// token_type_hint. Errors: unavailable where the provider couldn't be reached, protocol_error
/// where it refused.
[[nodiscard]] Task<Result<void>> revoke_token(const Provider& provider, const Client& client,
                                              std::string endpoint, const Secret& token,
                                              std::string hint, net::HttpClient& http);

}  // namespace kimbap::oauth
