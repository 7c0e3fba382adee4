#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "base/digest.hpp"
#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/chat_services.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string slack_entry(const FakeSlack& slack) {
    return "  - {name: ops-slack, type: slack, channel: C0123456789, secret_ref: slack.bot, "
           "signing_secret_ref: slack.signing, operators: {U1: alice, U2: bob, U3: bot}, api_url: "
           "'" +
           slack.api_url() + "'}\n";
}

std::string telegram_entry(const FakeTelegram& telegram) {
    return "  - {name: ops-tg, type: telegram, chat: -1001234567890, secret_ref: tg.bot, "
           "webhook_secret_ref: tg.webhook, operators: {'4711': alice}, api_url: '" +
           telegram.api_url() + "'}\n";
}

/// A shop whose refunds wait for operators who are told by these entries.
class Watched : public Shop {
public:
    explicit Watched(const std::string& entries)
        : Shop("approvals: {hold: 50ms, expires: 10m}\nnotify:\n" + entries) {
        kimbap.must({"vault", "set", "slack.bot"}, std::string(FakeSlack::kToken) + "\n");
        kimbap.must({"vault", "set", "slack.signing"}, FakeSlack::kSigningSecret);
        kimbap.must({"vault", "set", "tg.bot"}, FakeTelegram::kToken);
        kimbap.must({"vault", "set", "tg.webhook"}, FakeTelegram::kSecret);
        token = kimbap.agent_token("bot");
    }

    /// Asks for a refund: the approval's identifier.
    std::string ask(const std::string& url, const json::object& extra = {}) {
        json::object refund{{"order", std::to_string(++orders_)}, {"amount", 4900}};
        for (const auto& [key, value] : extra) refund[key] = value;
        const json::object result = McpClient(url, token).call("shop_refund", refund);
        return meta_of(result, "kimbap/approval");
    }
    std::string state(const std::string& id) const {
        const json::value shown = kimbap.json({"approval", "show", id});
        std::string out = shown.at("state").as_string().c_str();
        if (const json::value* execution = shown.as_object().if_contains("execution")) {
            out += std::string("/") + execution->as_string().c_str();
        }
        return out;
    }
    void until(const std::string& id, const std::string& wanted) const {
        eventually(
            wanted, [&] { return state(id) == wanted; }, std::chrono::milliseconds{50});
    }
    json::array deliveries(const std::string& id) const {
        return kimbap.json({"approval", "show", id}).at("deliveries").as_array();
    }
    std::string token;

private:
    int orders_ = 1000;
};

std::string newest(const FakeSlack& slack) {
    const auto messages = slack.messages();
    return messages.empty() ? "" : to_json(json::value(messages.rbegin()->second));
}

void until_slack_says(const FakeSlack& slack, const std::string& what) {
    eventually("a Slack message with " + what,
               [&] { return newest(slack).find(what) != std::string::npos; });
}

TEST(Slack, AButtonApprovesAndTheMessageTellsTheOutcome) {
    FakeSlack slack;
    Watched shop(slack_entry(slack));
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url(), {{"card", "4242-4242"}});
    until_slack_says(slack, id);
    EXPECT_THAT(newest(slack),
                AllOf(HasSubstr("shop.refund"), HasSubstr("4900"), HasSubstr("high"),
                      HasSubstr("refunds"), HasSubstr("bot"), Not(HasSubstr("4242-4242"))));
    EXPECT_EQ(slack.press(serving.url(), "ops-slack", "kimbap_approve", "U1").status, 200);
    shop.until(id, "approved/done");
    EXPECT_EQ(shop.upstream.count(), 1U);
    until_slack_says(slack, "Approved: shop.refund");
    EXPECT_THAT(newest(slack), AllOf(HasSubstr("alice"), Not(HasSubstr("kimbap_approve"))));
    EXPECT_EQ(slack.messages().size(), 1U);
    EXPECT_THAT(slack.faults(), IsEmpty());
    const json::value vote = shop.kimbap.json({"approval", "show", id}).at("votes").at(0);
    EXPECT_EQ(vote.at("operator"), "alice");
    EXPECT_EQ(vote.at("channel"), "ops-slack");
    EXPECT_EQ(vote.at("proof"), "account");
    EXPECT_THAT(shop.kimbap.must({"audit", "export"}), HasSubstr("slack:U1"));
}

TEST(Slack, PressesThatProveNothingDecideNothing) {
    FakeSlack slack;
    Watched shop(slack_entry(slack));
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url());
    until_slack_says(slack, id);
    const std::int64_t now = std::time(nullptr);
    const auto status = [&](std::string_view secret, std::int64_t at) {
        return slack.press(serving.url(), "ops-slack", "kimbap_approve", "U1", secret, at).status;
    };
    EXPECT_EQ(status("another secret", now), 401);
    EXPECT_EQ(status(FakeSlack::kSigningSecret, now - 301), 401);
    EXPECT_EQ(status(FakeSlack::kSigningSecret, now + 330), 401);
    auto [headers, body] =
        slack.signed_press("kimbap_approve", "U1", FakeSlack::kSigningSecret, now);
    EXPECT_EQ(http(serving.url(), "POST", "/notify/slack/ops-slack", headers, body + "&x=1").status,
              401);
    EXPECT_EQ(http(serving.url(), "POST", "/notify/slack/ops-slack", {}, body).status, 401);
    EXPECT_EQ(http(serving.url(), "POST", "/notify/slack/other", headers, body).status, 404);
    EXPECT_EQ(http(serving.url(), "POST", "/notify/telegram/ops-slack", headers, body).status, 404);
    EXPECT_EQ(http(serving.url(), "GET", "/notify/slack/ops-slack", headers).status, 405);
    EXPECT_EQ(shop.state(id), "pending");
    EXPECT_EQ(shop.upstream.count(), 0U);
    const std::string log = shop.kimbap.must({"audit", "export"});
    EXPECT_THAT(log, HasSubstr("auth.failed"));
}

TEST(Slack, AReplayedPressIsOneDecision) {
    FakeSlack slack;
    Watched shop(slack_entry(slack));
    shop.kimbap.policy("shop", R"(version: 1.0.0
rules:
  - {id: two, match: {actions: [shop.refund]}, decision: require_approval, approval: {required: 2}}
)");
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url());
    until_slack_says(slack, id);
    const auto [headers, body] =
        slack.signed_press("kimbap_approve", "U1", FakeSlack::kSigningSecret, 0);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(http(serving.url(), "POST", "/notify/slack/ops-slack", headers, body).status,
                  200);
    }
    EXPECT_EQ(shop.state(id), "pending");
    eventually("being told", [&] { return slack.whispers().size() == 3; });
    EXPECT_THAT(to_json(json::value(slack.whispers()[0])),
                AllOf(HasSubstr("1 of 2"), HasSubstr("\"user\":\"U1\"")));
    EXPECT_EQ(slack.press(serving.url(), "ops-slack", "kimbap_approve", "U2").status, 200);
    shop.until(id, "approved/done");
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(http(serving.url(), "POST", "/notify/slack/ops-slack", headers, body));
    }
    EXPECT_EQ(shop.state(id), "approved/done");
    EXPECT_EQ(shop.upstream.count(), 1U);
}

TEST(Slack, OnlyMappedAccountsDecideAndNeverTheRequester) {
    FakeSlack slack;
    Watched shop(slack_entry(slack));
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url());
    until_slack_says(slack, id);
    EXPECT_EQ(slack.press(serving.url(), "ops-slack", "kimbap_approve", "U9").status, 200);
    eventually("a refusal", [&] { return slack.whispers().size() == 1; });
    EXPECT_THAT(to_json(json::value(slack.whispers()[0])), HasSubstr("not an operator's"));
    EXPECT_EQ(slack.press(serving.url(), "ops-slack", "kimbap_approve", "U3").status, 200);
    eventually("a refusal", [&] { return slack.whispers().size() == 2; });
    EXPECT_EQ(shop.state(id), "pending");
    EXPECT_EQ(slack.press(serving.url(), "ops-slack", "kimbap_deny", "U2").status, 200);
    shop.until(id, "denied");
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Slack, AnApprovalOfAnotherChannelIsNotGivenHere) {
    FakeSlack slack, other;
    std::string second = slack_entry(other);
    second.replace(second.find("ops-slack"), 9, "finance");
    Watched shop(slack_entry(slack) + second);
    shop.kimbap.policy("shop", R"(version: 1.0.0
rules:
  - {id: money, match: {actions: [shop.refund]}, decision: require_approval,
     approval: {channels: [finance]}}
)");
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url());
    eventually("a message to finance", [&] { return !other.messages().empty(); });
    EXPECT_TRUE(slack.messages().empty());
    auto [headers, body] = other.signed_press("kimbap_approve", "U1", FakeSlack::kSigningSecret, 0);
    // As if it had been asked for in the other channel.
    std::string elsewhere = body;
    const std::size_t at = elsewhere.find("finance%2F");
    ASSERT_NE(at, std::string::npos);
    elsewhere.replace(at, 7, "ops-slack");
    EXPECT_EQ(http(serving.url(), "POST", "/notify/slack/ops-slack",
                   FakeSlack::signature(elsewhere), elsewhere)
                  .status,
              200);
    eventually("a refusal", [&] { return slack.whispers().size() == 1; });
    EXPECT_EQ(shop.state(id), "pending");
    // Slack has one address for an app: the message says which entry it is of.
    EXPECT_EQ(http(serving.url(), "POST", "/notify/slack/ops-slack", headers, body).status, 200);
    shop.until(id, "approved/done");
}

TEST(Slack, RateLimitsAreHeldToAndNothingIsLost) {
    FakeSlack slack;
    Watched shop(slack_entry(slack));
    Serving serving(shop.kimbap);
    slack.limit(2);
    const std::string first = shop.ask(serving.url());
    const std::string second = shop.ask(serving.url());
    eventually("both", [&] { return slack.messages().size() == 2; });
    EXPECT_THAT(slack.faults(), IsEmpty());
    eventually("delivered", [&] {
        return shop.deliveries(first).at(0).at("state") == "delivered" &&
               shop.deliveries(second).at(0).at("state") == "delivered";
    });
}

TEST(Slack, WhatIsDownIsToldOnceItIsBackAlsoAfterAKill) {
    FakeSlack slack;
    Watched shop(slack_entry(slack));
    slack.down(true);
    std::string id;
    {
        Serving serving(shop.kimbap);
        id = shop.ask(serving.url());
        eventually("an attempt", [&] {
            return shop.deliveries(id).at(0).at("last_error") == "Slack answered 503";
        });
        const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
        EXPECT_THAT(alice.get("/metrics").body,
                    HasSubstr("kimbap_notifications{channel=\"ops-slack\",state=\"pending\"} 1"));
        EXPECT_THAT(alice.get("/v1/approvals/" + id).body, HasSubstr("Slack answered 503"));
        serving.program().signal(SIGKILL);
        serving.program().wait();
    }
    slack.down(false);
    Serving serving(shop.kimbap);
    until_slack_says(slack, id);
}

TEST(Slack, AMegabyteIsShortenedAndMarkupStaysText) {
    FakeSlack slack;
    Watched shop(slack_entry(slack));
    Serving serving(shop.kimbap);
    const std::string note =
        "<!channel> *bold* <https://evil.example|Approve> " + std::string(1U << 20, 'x') + "END";
    const std::string id = shop.ask(serving.url(), {{"order", note}});
    until_slack_says(slack, id);
    EXPECT_THAT(slack.faults(), IsEmpty());
    EXPECT_LT(newest(slack).size(), 10'000U);
    const json::value shown = shop.kimbap.json({"approval", "show", id});
    EXPECT_EQ(shown.at("parameters").at("order"), json::string(note));
    const std::string digest = shown.at("parameters_digest").as_string().c_str();
    EXPECT_THAT(newest(slack), AllOf(HasSubstr(digest), HasSubstr("sha256:" + sha256_hex(note))));
    for (const auto& [ts, message] : slack.messages()) {
        EXPECT_THAT(to_json(json::value(message)), Not(HasSubstr("mrkdwn")));
        EXPECT_THAT(std::string(message.at("text").as_string()), Not(HasSubstr("<")));
    }
}

TEST(Telegram, AButtonDecidesAndTheMessageTellsTheOutcome) {
    FakeTelegram telegram;
    Watched shop(telegram_entry(telegram));
    Serving serving(shop.kimbap);
    telegram.limit(1);
    const std::string id = shop.ask(serving.url());
    eventually("a message", [&] { return telegram.messages().size() == 1; });
    EXPECT_EQ(telegram.press(serving.url(), "ops-tg", 0, 4711, "wrong").status, 401);
    EXPECT_EQ(telegram.press(serving.url(), "ops-tg", 0, 4711, "").status, 401);
    const Reply stranger = telegram.press(serving.url(), "ops-tg", 0, 99);
    EXPECT_EQ(stranger.status, 200);
    EXPECT_THAT(stranger.body,
                AllOf(HasSubstr("answerCallbackQuery"), HasSubstr("4382bfdwdsb323b2d9"),
                      HasSubstr("not an operator")));
    EXPECT_EQ(shop.state(id), "pending");
    const Reply pressed = telegram.press(serving.url(), "ops-tg", 1, 4711);
    EXPECT_THAT(pressed.body, HasSubstr("Denied: shop.refund"));
    EXPECT_EQ(shop.state(id), "denied");
    eventually("the outcome", [&] {
        return to_json(json::value(telegram.messages().begin()->second))
                   .find("Denied: shop.refund") != std::string::npos;
    });
    EXPECT_EQ(telegram.messages().size(), 1U);
    EXPECT_THAT(telegram.faults(), IsEmpty());
    EXPECT_EQ(shop.upstream.count(), 0U);
    EXPECT_THAT(shop.kimbap.must({"audit", "export"}), HasSubstr("telegram:4711"));
    EXPECT_THAT(serving.program().errors(), Not(HasSubstr("AAHdq")));
}

TEST(Channels, ADeadOneHoldsUpNoOther) {
    FakeSlack slack;
    FakeTelegram telegram;
    Watched shop(slack_entry(slack) + telegram_entry(telegram) +
                 "  - {name: gone, type: webhook, url: 'http://127.0.0.1:1/', secret_ref: none}\n");
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url());
    eventually("both", [&] { return !slack.messages().empty() && !telegram.messages().empty(); });
    shop.kimbap.must({"approval", "deny", id});
    until_slack_says(slack, "Denied: shop.refund");
    for (const json::value& one : shop.deliveries(id)) {
        if (one.at("channel") != "gone") continue;
        EXPECT_EQ(one.at("state"), "pending");
        EXPECT_THAT(std::string(one.at("last_error").as_string()), HasSubstr("none"));
    }
}

std::string webhook_entry(const Upstream& hook) {
    return "  - {name: ops-hook, type: webhook, url: '" + hook.url() +
           "/hook', secret_ref: notify.webhook}\n";
}

/// A shop whose operators are told by a webhook, and where no server runs.
class Serverless : public Watched {
public:
    explicit Serverless(const Upstream& hook) : Watched(webhook_entry(hook)) {
        kimbap.must({"vault", "set", "notify.webhook"},
                    "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
    }
    static std::vector<std::string> refund() {
        return {"call", "shop.refund", "--arg", "order=1", "--arg", "amount=9"};
    }
};

/// "type state" of each event that came.
std::vector<std::string> events_of(const Upstream& hook) {
    std::vector<std::string> out;
    for (const Received& one : hook.requests()) {
        const json::value event = parse_json(one.body).value();
        out.push_back(std::string(event.at("type").as_string()) + " " +
                      std::string(event.at("data").at("state").as_string()));
    }
    return out;
}

TEST(Channels, AreToldByTheCommandLineThoughNoServerRuns) {
    Upstream hook;
    Serverless shop(hook);
    EXPECT_EQ(shop.kimbap.kimbap(Serverless::refund()).code, 4);
    EXPECT_THAT(events_of(hook), ElementsAre("approval.requested pending"));
    shop.kimbap.must({"approval", "approve", pending_approval(shop.kimbap)});
    EXPECT_THAT(events_of(hook),
                ElementsAre("approval.requested pending", "approval.approved approved"));
    EXPECT_EQ(shop.kimbap.kimbap(Serverless::refund()).code, 4);
    shop.kimbap.must({"approval", "deny", pending_approval(shop.kimbap)});
    EXPECT_THAT(events_of(hook).back(), "approval.denied denied");
    EXPECT_EQ(hook.count(), 4U);
}

TEST(Channels, AreToldByTheCommandLineThatACallWasTakenBack) {
    Upstream hook;
    Serverless shop(hook);
    std::string config = shop.kimbap.read("kimbap.yaml");
    config.replace(config.find("hold: 50ms"), 10, "hold: 60s");
    shop.kimbap.config(config);
    const auto call = shop.kimbap.start(Serverless::refund());
    eventually("the request", [&] { return hook.count() == 1; });  // while it is held
    call->signal(SIGINT);
    EXPECT_EQ(call->wait(), 1);
    EXPECT_THAT(events_of(hook),
                ElementsAre("approval.requested pending", "approval.withdrawn withdrawn"));
}

TEST(Channels, ThatHangDontHoldUpTheCommandLine) {
    std::atomic<bool> gone{false};
    Upstream hook([&](const Received&) {
        while (!gone) std::this_thread::sleep_for(std::chrono::milliseconds{20});
        return Answer{};
    });
    struct Release {
        std::atomic<bool>& flag;
        ~Release() { flag = true; }
    } release{gone};
    Serverless shop(hook);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(shop.kimbap.kimbap(Serverless::refund()).code, 4);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{12});
    EXPECT_EQ(hook.count(), 1U);
    // What needs no approval has nothing to do with it.
    shop.kimbap.must({"call", "shop.get-order", "--arg", "order=1"});
    EXPECT_EQ(hook.count(), 1U);
    const json::array deliveries = shop.deliveries(pending_approval(shop.kimbap));
    EXPECT_EQ(deliveries.at(0).at("state"), "pending");
    EXPECT_EQ(deliveries.at(0).at("attempts"), 0);  // the next process tries it at once
}

TEST(Doctor, SendsATestThroughAChannel) {
    FakeSlack slack;
    FakeTelegram telegram;
    Watched shop(slack_entry(slack) + telegram_entry(telegram));
    EXPECT_THAT(shop.kimbap.must({"doctor", "--notify", "ops-slack"}), HasSubstr("ops-slack"));
    EXPECT_THAT(newest(slack), HasSubstr("kimbap can notify you here (ops-slack)"));
    shop.kimbap.must({"doctor", "--notify", "ops-tg"});
    EXPECT_EQ(telegram.messages().size(), 1U);
    shop.kimbap.must({"vault", "set", "slack.bot"}, "xoxb-revoked");
    const Ran refused = shop.kimbap.kimbap({"doctor", "--notify", "ops-slack"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("invalid_auth"), Not(HasSubstr("xoxb"))));
    shop.kimbap.must({"vault", "remove", "slack.signing"});
    EXPECT_THAT(shop.kimbap.kimbap({"doctor", "--offline"}).out,
                HasSubstr("slack.signing (for notify entry ops-slack) is not in the vault"));
    const Ran unknown = shop.kimbap.kimbap({"doctor", "--notify", "ops-slac"});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_THAT(unknown.err, HasSubstr("ops-slack, ops-tg"));
}

}  // namespace
}  // namespace kimbap::test
