#pragma once

#include "approval/notifiers/api_client.hpp"
#include "async/cancellation.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::app {

/// Posts notifications through the one way out. Used on its client's thread only.
class HttpPoster final : public approval::ApiClient {
public:
    /// `http` outlives the poster.
    explicit HttpPoster(net::HttpClient& http, async::CancelToken cancel = {})
        : http_(http), cancel_(std::move(cancel)) {}

    Task<Result<approval::ApiAnswer>> post_json(
        std::string url, std::vector<std::pair<std::string, std::string>> headers, std::string body,
        std::chrono::steady_clock::time_point deadline) override;

private:
    net::HttpClient& http_;
    async::CancelToken cancel_;
};

}  // namespace kimbap::app
