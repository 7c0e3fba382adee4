#include "approval/notifiers/slack.hpp"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>

#include "approval/notifiers/slack_interaction.hpp"
#include "approval/notifiers/slack_message.hpp"
#include "base/encoding.hpp"
#include "unit/approval/notifiers/support.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Every text object of `value` that Slack parses for markup.
void mrkdwn(const json::value& value, std::string& out) {
    if (const auto* array = value.if_array()) {
        for (const json::value& one : *array) mrkdwn(one, out);
    }
    const auto* object = value.if_object();
    if (object == nullptr) return;
    if (const auto* type = object->if_contains("type"); type != nullptr && *type == "mrkdwn") {
        out += to_json(value);
    }
    for (const auto& [key, member] : *object) mrkdwn(member, out);
}

TEST(SlackMessage, ShowsTheRequestWithButtons) {
    const json::object message = slack_message(view(sample_event()), "ops/apr_1");
    const std::string text = to_json(message);
    for (const char* part : {"Approval needed: stripe.create-refund", "support-bot", "high",
                             "refunds-need-a-human", "9900", "2026-11-23T12:30", "kimbap_approve",
                             "kimbap_deny", "ops/apr_1", "\"confirm\""}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    EXPECT_EQ(message.at("text"),
              "Approval needed: stripe.create-refund, asked for by support-bot");
}

TEST(SlackMessage, TheOutcomeHasNoButtons) {
    const std::string text = to_json(slack_message(view(ended_event("approved")), "ops/apr_1"));
    EXPECT_THAT(text, AllOf(HasSubstr("Approved: stripe.create-refund"), HasSubstr("alice"),
                            Not(HasSubstr("kimbap_approve"))));
}

TEST(SlackMessage, WithoutAWayBackThereAreNoButtons) {
    json::object event = sample_event();
    EXPECT_THAT(to_json(slack_message(view(event), "")), Not(HasSubstr("actions")));
    event["data"].as_object()["decide_url"] = "https://k.example/decide/apr_1?s=x";
    EXPECT_THAT(
        to_json(slack_message(view(event), "")),
        AllOf(HasSubstr("https://k.example/decide/apr_1?s=x"), Not(HasSubstr("kimbap_approve"))));
}

TEST(SlackMessage, MarkupOfTheCallerStaysText) {
    json::object event = sample_event({{"note", kHostile}});
    event["data"].as_object()["caller"].as_object()["client"] = kHostile;
    event["data"].as_object()["caller"].as_object()["agent"] = kHostile;
    const json::object message = slack_message(view(event), "ops/apr_1");
    std::string parsed;
    mrkdwn(json::value(message), parsed);
    EXPECT_EQ(parsed, "");  // nothing of it is in a field that Slack parses
    EXPECT_THAT(std::string(message.at("text").as_string()),
                AllOf(Not(HasSubstr("<")), HasSubstr("&lt;!channel&gt;")));
    EXPECT_THAT(to_json(message), Not(HasSubstr("\xE2\x80\xAE")));
}

TEST(Slack, PostsWithTheBotsToken) {
    FakeApi api;
    api.answers.push_back(ApiAnswer{200, {}, R"({"ok":true,"channel":"C1","ts":"17.0001"})"});
    SlackNotifier notifier({"ops", "", {}}, {"C0123", "slack.bot", true}, api, secret("xoxb-1\n"));
    const Delivery delivery = test::run_task(notifier.deliver(notification(sample_event())));
    ASSERT_FALSE(delivery.failure);
    EXPECT_EQ(delivery.receipt, "C1/17.0001");
    ASSERT_EQ(api.calls.size(), 1U);
    EXPECT_EQ(api.calls[0].url, "https://slack.com/api/chat.postMessage");
    EXPECT_EQ(api.calls[0].headers.at("Authorization"), "Bearer xoxb-1");
    EXPECT_EQ(api.calls[0].body.at("channel"), "C0123");
    EXPECT_EQ(api.calls[0].body.at("unfurl_links"), false);
    EXPECT_THAT(to_json(api.calls[0].body), HasSubstr("ops/apr_01m89yj8szmb5e6jcg5f01ftax"));
}

TEST(Slack, UpdatesTheMessageWithTheOutcome) {
    FakeApi api;
    SlackNotifier notifier({"ops", "", {}}, {"C0123", "slack.bot", true}, api, secret("xoxb-1"));
    const auto event = notification(ended_event("denied"), "C1/17.0001");
    ASSERT_FALSE(test::run_task(notifier.deliver(event)).failure);
    EXPECT_EQ(api.calls[0].url, "https://slack.com/api/chat.update");
    EXPECT_EQ(api.calls[0].body.at("channel"), "C1");
    EXPECT_EQ(api.calls[0].body.at("ts"), "17.0001");
    // Where somebody deleted the message, the outcome is told in a new one.
    api.answers.push_back(ApiAnswer{200, {}, R"({"ok":false,"error":"message_not_found"})"});
    ASSERT_FALSE(test::run_task(notifier.deliver(event)).failure);
    ASSERT_EQ(api.calls.size(), 3U);
    EXPECT_EQ(api.calls[2].url, "https://slack.com/api/chat.postMessage");
}

TEST(Slack, LinksGoOnlyWhereTheEntrySaysWhose) {
    FakeApi api;
    SlackNotifier linked({"ops", "alice", links()}, {"D1", "slack.bot"}, api, secret("x"));
    static_cast<void>(test::run_task(linked.deliver(notification(sample_event()))));
    EXPECT_THAT(to_json(api.calls[0].body), HasSubstr("?to=alice&via=ops"));
}

TEST(Slack, TellsRateLimitsFaultsAndRefusalsApart) {
    const auto outcome = [](int status, const char* body,
                            std::optional<std::chrono::seconds> after = {}) {
        return slack_outcome({status, after, body});
    };
    EXPECT_EQ(outcome(429, "", 17s).delivery.retry_after, 17s);
    EXPECT_EQ(outcome(429, "").delivery.retry_after, 30s);
    EXPECT_EQ(outcome(200, R"({"ok":false,"error":"ratelimited"})", 3s).delivery.retry_after, 3s);
    EXPECT_EQ(outcome(500, "oops").delivery.failure->code, Errc::unavailable);
    EXPECT_EQ(outcome(200, "<html>").delivery.failure->code, Errc::unavailable);
    const auto blocks = outcome(200, R"({"ok":false,"error":"invalid_blocks"})");
    EXPECT_EQ(blocks.delivery.failure->code, Errc::unsupported);
    const auto auth = outcome(200, R"({"ok":false,"error":"invalid_auth"})");
    EXPECT_EQ(auth.delivery.failure->code, Errc::unavailable);
    EXPECT_THAT(auth.delivery.failure->message, HasSubstr("vault set"));
    const auto odd = outcome(200, R"({"ok":false,"error":"<b>xoxb-1</b>"})");
    EXPECT_EQ(odd.delivery.failure->message, "Slack refused: unknown error");
}

// Slack's own example ("Verifying requests from Slack").
const std::string kSecret = "8f742231b10e8888abcd99yyyzzz85a5";
const std::string kBody =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
    "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
    "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%"
    "2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
    "803a0bc887a14d10d2c447fce8b6703c";
const std::string kSignature =
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

TEST(SlackSignature, IsSlacks) {
    const TimePoint then = from_unix_micros(1'531'420'618'000'000);
    const auto verified =
        [&](TimePoint now, std::string_view body = kBody, std::string_view timestamp = "1531420618",
            std::string_view signature = kSignature, std::string_view key = kSecret) {
            return verify_slack(key, timestamp, signature, body, now).has_value();
        };
    EXPECT_TRUE(verified(then));
    EXPECT_TRUE(verified(then, kBody, "1531420618", kSignature, kSecret + "\n"));
    EXPECT_TRUE(verified(then + 5min));
    EXPECT_TRUE(verified(then - 5min));
    EXPECT_FALSE(verified(then + 5min + 1s));
    EXPECT_FALSE(verified(then - 5min - 1s));
    EXPECT_FALSE(verified(then, kBody + "x"));
    EXPECT_FALSE(verified(then, kBody, "1531420619"));
    EXPECT_FALSE(verified(then, kBody, ""));
    EXPECT_FALSE(verified(then, kBody, "1531420618 "));
    EXPECT_FALSE(verified(then, kBody, "-1531420618"));
    EXPECT_FALSE(verified(then, kBody, "99999999999999999999"));
    EXPECT_FALSE(verified(then, kBody, "9223372036854775807"));
    EXPECT_FALSE(verified(then, kBody, "1531420618", ""));
    EXPECT_FALSE(verified(then, kBody, "1531420618", kSignature.substr(3)));
    EXPECT_FALSE(verified(then, kBody, "1531420618", "v0=" + std::string(64, '0')));
    EXPECT_FALSE(verified(then, kBody, "1531420618", kSignature, "another"));
    EXPECT_FALSE(verified(then, kBody, "1531420618", kSignature, ""));
}

std::string form(const json::object& payload) {
    return "payload=" + percent_encode(to_json(payload));
}

json::object pressed(const std::string& action, const std::string& value = "ops/apr_1") {
    return {{"type", "block_actions"},
            {"user", {{"id", "U1"}, {"username", "alice"}, {"team_id", "T1"}}},
            {"channel", {{"id", "C1"}}},
            {"actions", {{{"type", "button"}, {"action_id", action}, {"value", value}}}}};
}

TEST(SlackInteraction, ReadsPressedButtons) {
    const auto press = read_slack_interaction(form(pressed("kimbap_deny"))).value();
    EXPECT_EQ(press.entry, "ops");
    EXPECT_EQ(press.approval, "apr_1");
    EXPECT_EQ(press.verdict, Verdict::deny);
    EXPECT_EQ(press.account, "U1");
    EXPECT_EQ(press.team, "T1");
    EXPECT_EQ(press.conversation, "C1");
    EXPECT_EQ(read_slack_interaction(form(pressed("kimbap_approve")) + "&x=y")->verdict,
              Verdict::approve);
}

TEST(SlackInteraction, RefusesAnythingElse) {
    EXPECT_EQ(read_slack_interaction(form(pressed("kimbap_open"))).error().code, Errc::not_found);
    json::object nobody = pressed("kimbap_approve");
    nobody.erase("user");
    json::object view = pressed("kimbap_approve");
    view["type"] = "view_submission";
    json::object none = pressed("kimbap_approve");
    none["actions"] = json::array{};
    for (const std::string& body :
         {std::string(), std::string("payload="), std::string("payload=%zz"),
          std::string("payload=[]"), form(nobody), form(view),
          form(pressed("kimbap_approve", "no-slash")), to_json(pressed("kimbap_approve"))}) {
        EXPECT_EQ(read_slack_interaction(body).error().code, Errc::invalid_argument) << body;
    }
    EXPECT_FALSE(read_slack_interaction(form(none)));
}

}  // namespace
}  // namespace kimbap::approval
