#include "approval/notifiers/webhook.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace kimbap::approval {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";

Error wrong_secret() {
    return make_error(
        Errc::invalid_argument,
        "the webhook's signing secret is not in Standard Webhooks form (whsec_ and the "
        "base64 of 24 to 64 random bytes; store it with `kimbap vault set`)");
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> webhook_headers(
    std::string_view secret, const Notification& notification) {
    secret = trim(secret);  // of the line break that `echo` leaves
    if (!secret.starts_with(kSecretPrefix)) return wrong_secret();
    auto key = base64_decode(secret.substr(kSecretPrefix.size()));
    if (!key || key->empty()) return wrong_secret();
    const std::int64_t seconds = to_unix_micros(notification.attempted_at) / 1'000'000;
    const std::string timestamp = std::to_string(seconds);
    const std::string message = notification.id + "." + timestamp + "." + notification.body;
    const Sha256 mac = hmac_sha256(*key, message);
    wipe(key->data(), key->size());
    std::vector<std::pair<std::string, std::string>> headers;
    headers.emplace_back("webhook-id", notification.id);
    headers.emplace_back("webhook-timestamp", timestamp);
    headers.emplace_back("webhook-signature", "v1," + base64_encode(bytes_of(mac)));
    return headers;
}

WebhookNotifier::WebhookNotifier(LinkedChannel channel, std::string url, std::string secret_ref,
                                 ApiClient& api, SecretLookup secrets)
    : channel_(std::move(channel)),
      url_(std::move(url)),
      secret_ref_(std::move(secret_ref)),
      api_(api),
      secrets_(std::move(secrets)) {}

Task<Delivery> WebhookNotifier::deliver(const Notification& event) {
    const auto deadline = std::chrono::steady_clock::now() + kWebhookTimeout;
    Task<Result<Secret>> opening = secrets_(secret_ref_);
    const Result<Secret> secret = co_await std::move(opening);
    if (!secret) co_return secret.error();
    Task<Result<std::string>> linking = with_decide_url(channel_, event);
    Result<std::string> body = co_await std::move(linking);
    if (!body) co_return body.error();
    Notification notification = event;
    notification.body = std::move(*body);
    auto headers = webhook_headers(secret->reveal(), notification);
    if (!headers) co_return headers.error();
    Task<Result<ApiAnswer>> posting =
        api_.post_json(url_, std::move(*headers), notification.body, deadline);
    const Result<ApiAnswer> answer = co_await std::move(posting);
    if (!answer) co_return answer.error();
    const int status = answer->status;
    if (status >= 200 && status < 300) co_return Delivery();
    const std::string said = "the webhook answered " + std::to_string(status);
    // Standard Webhooks: 410 says that the receiver wants no more of them.
    if (status == 410) co_return make_error(Errc::unsupported, said + " (gone)");
    Delivery later(make_error(Errc::unavailable, said));
    if (status == 429 || status == 503) later.retry_after = answer->retry_after;
    co_return later;
}

}  // namespace kimbap::approval
