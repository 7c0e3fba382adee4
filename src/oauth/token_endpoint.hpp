#pragma once

#include <string>

#include "async/task.hpp"
#include "oauth/body.hpp"
#include "oauth/client.hpp"
#include "oauth/provider.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::oauth {

/// Asks a token endpoint, as the client. Never throws for what peers do; a request that didn't come
/// through is Refusal::temporary.
[[nodiscard]] Task<TokenAnswer> ask_for_tokens(const Provider& provider, const Client& client,
                                               std::string endpoint, Parameters parameters,
                                               net::HttpClient& http);

}  // namespace kimbap::oauth
