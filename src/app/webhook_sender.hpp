#pragma once

#include "approval/notifiers/webhook.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::app {

/// Posts webhooks through the one way out.
class HttpWebhookSender final : public approval::WebhookSender {
public:
    /// `http` outlives the sender.
    explicit HttpWebhookSender(net::HttpClient& http) : http_(http) {}

    Task<Result<int>> post(std::string url, std::vector<std::pair<std::string, std::string>> headers,
                           std::string body,
                           std::chrono::steady_clock::time_point deadline) override;

private:
    net::HttpClient& http_;
};

}  // namespace kimbap::app
