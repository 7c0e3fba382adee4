#include "approval/notifiers/webhook.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "support/run_task.hpp"

namespace kimbap::approval {
namespace {

const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

Notification sample() {
    return {"msg_p5jXN8AQM9LWM0D4loKWxJek", "apr_1", from_unix_micros(1'614'265'330'000'000),
            "{\"test\": 2432232314}"};
}

class FakeSender final : public ApiClient {
public:
    Task<Result<ApiAnswer>> post_json(std::string to,
                                      std::vector<std::pair<std::string, std::string>> fields,
                                      std::string content,
                                      std::chrono::steady_clock::time_point until) override {
        url = std::move(to);
        headers = {fields.begin(), fields.end()};
        body = std::move(content);
        deadline = until;
        if (!status) co_return status.error();
        co_return ApiAnswer{*status, retry_after, ""};
    }
    Result<int> status = 204;
    std::optional<std::chrono::seconds> retry_after;
    std::string url;
    std::map<std::string, std::string> headers;
    std::string body;
    std::chrono::steady_clock::time_point deadline;
};

TEST(Webhook, SignsAsStandardWebhooksDoes) {
    // The signature is Python's: base64(hmac.new(b64decode("MfKQ…"), b"id.timestamp.body",
    // sha256)).
    const auto headers = webhook_headers(kSecret, sample());
    ASSERT_TRUE(headers);
    const std::map<std::string, std::string> by_name(headers->begin(), headers->end());
    EXPECT_EQ(by_name.at("webhook-id"), "msg_p5jXN8AQM9LWM0D4loKWxJek");
    EXPECT_EQ(by_name.at("webhook-timestamp"), "1614265330");
    EXPECT_EQ(by_name.at("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(by_name.size(), 3U);
}

TEST(Webhook, ToleratesALineBreakAfterTheSecret) {
    EXPECT_EQ(webhook_headers(kSecret + "\n", sample()).value(),
              webhook_headers(kSecret, sample()).value());
}

TEST(Webhook, RefusesSecretsOfAnotherForm) {
    for (const std::string& secret : {std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                      std::string("whsec_"), std::string("whsec_not base64!")}) {
        const auto headers = webhook_headers(secret, sample());
        ASSERT_FALSE(headers) << secret;
        EXPECT_EQ(headers.error().code, Errc::invalid_argument);
        EXPECT_EQ(headers.error().message.find("MfKQ"), std::string::npos);
    }
}

class WebhookDelivery : public testing::Test {
protected:
    Delivery deliver() { return test::run_task(notifier_.deliver(sample())); }
    FakeSender sender_;
    Result<std::string> secret_ = kSecret;
    std::string asked_;
    WebhookNotifier notifier_{{"ops-hook", "ops-hook"},
                              "https://ops.example/hook",
                              "notify.webhook",
                              sender_,
                              [this](std::string ref) -> Task<Result<Secret>> {
                                  asked_ = std::move(ref);
                                  if (!secret_) co_return secret_.error();
                                  co_return Secret(*secret_);
                              }};
};

TEST_F(WebhookDelivery, PostsTheBodySigned) {
    ASSERT_FALSE(deliver().failure);
    EXPECT_EQ(asked_, "notify.webhook");
    EXPECT_EQ(sender_.url, "https://ops.example/hook");
    EXPECT_EQ(sender_.body, sample().body);
    EXPECT_EQ(sender_.headers.at("webhook-signature"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_LE(sender_.deadline, std::chrono::steady_clock::now() + kWebhookTimeout);
}

TEST_F(WebhookDelivery, AnswersOtherThan2xxAreFailures) {
    for (const int status : {200, 201, 202, 204, 299}) {
        sender_.status = status;
        EXPECT_FALSE(deliver().failure) << status;
    }
    for (const int status : {199, 300, 302, 400, 401, 404, 429, 500, 503}) {
        sender_.status = status;
        EXPECT_EQ(deliver().failure->code, Errc::unavailable) << status;
    }
    sender_.status = 410;
    EXPECT_EQ(deliver().failure->code, Errc::unsupported);
    sender_.status = make_error(Errc::timed_out, "no answer");
    EXPECT_EQ(deliver().failure->code, Errc::timed_out);
}

TEST_F(WebhookDelivery, AReceiverMayAskForTime) {
    sender_.retry_after = std::chrono::seconds(40);
    for (const int status : {429, 503}) {
        sender_.status = status;
        EXPECT_EQ(deliver().retry_after, std::chrono::seconds(40)) << status;
    }
    sender_.status = 500;
    EXPECT_EQ(deliver().retry_after, std::nullopt);
}

TEST_F(WebhookDelivery, WithoutItsSecretNothingIsSent) {
    secret_ = make_error(Errc::not_found, "the vault has no secret notify.webhook");
    EXPECT_EQ(deliver().failure->code, Errc::not_found);
    EXPECT_TRUE(sender_.url.empty());
}

}  // namespace
}  // namespace kimbap::approval
