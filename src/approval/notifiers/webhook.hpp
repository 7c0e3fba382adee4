#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "approval/linked_channel.hpp"
#include "approval/notifier.hpp"
#include "approval/notifiers/api_client.hpp"
#include "base/secret.hpp"

namespace kimbap::approval {

inline constexpr std::chrono::seconds kWebhookTimeout{15};

/// The headers of the Standard Webhooks specification: webhook-id, webhook-timestamp (Unix seconds)
/// and webhook-signature, `v1,` and the base64 of HMAC-SHA-256 over "id.timestamp.body". The key is
/// the base64 after `whsec_` of `secret`. Errors: invalid_argument for a secret of another form.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> webhook_headers(
    std::string_view secret, const Notification& notification);

/// A generic webhook. Answers: 2xx is delivered; 410 Gone is refused for good; any other is tried
/// again, a 429 or 503 with Retry-After in seconds not before that.
class WebhookNotifier final : public Notifier {
public:
    /// `api` outlives it. `secret_ref` is opened at each delivery, so that a rotation holds at
    /// once.
    WebhookNotifier(LinkedChannel channel, std::string url, std::string secret_ref, ApiClient& api,
                    SecretLookup secrets);

    [[nodiscard]] const std::string& name() const noexcept override { return channel_.name; }
    [[nodiscard]] Task<Delivery> deliver(const Notification& notification) override;

private:
    LinkedChannel channel_;
    std::string url_;
    std::string secret_ref_;
    ApiClient& api_;
    SecretLookup secrets_;
};

}  // namespace kimbap::approval
