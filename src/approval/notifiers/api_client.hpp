#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::approval {

/// How an API answered.
struct ApiAnswer {
    int status = 0;
    std::optional<std::chrono::seconds> retry_after;  ///< The header's, where it is in seconds.
    std::string body;                                 ///< At most 64 KiB.
};

/// How webhooks and Slack's and Telegram's APIs are reached; the application implements it with
/// net/http_client, so that the address guard, TLS and time limits are those of every outbound
/// request.
class ApiClient {
public:
    virtual ~ApiClient() = default;
    /// POSTs JSON and gives the answer, whatever its status. `headers` and `url` may hold a
    /// credential: neither is in an error's message. Doesn't follow redirects.
    [[nodiscard]] virtual Task<Result<ApiAnswer>> post_json(
        std::string url, std::vector<std::pair<std::string, std::string>> headers, std::string body,
        std::chrono::steady_clock::time_point deadline) = 0;
};

/// Opens a secret of the vault by its name.
using SecretLookup = std::function<Task<Result<Secret>>(std::string ref)>;

}  // namespace kimbap::approval
