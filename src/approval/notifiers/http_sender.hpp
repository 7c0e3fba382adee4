#pragma once

#include "approval/notifiers/webhook.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::approval {

/// Sends webhooks through the one way out. The configured URL is the operator's own: an address
/// written out in it is allowed, a name that resolves to a private one is not.
class HttpWebhookSender final : public WebhookSender {
public:
    /// `client` outlives the sender; used on its thread only.
    explicit HttpWebhookSender(net::HttpClient& client) : client_(client) {}

    [[nodiscard]] Task<Result<int>> post(std::string url,
                                         std::vector<std::pair<std::string, std::string>> headers,
                                         std::string body,
                                         std::chrono::steady_clock::time_point deadline) override;

private:
    net::HttpClient& client_;
};

}  // namespace kimbap::approval
