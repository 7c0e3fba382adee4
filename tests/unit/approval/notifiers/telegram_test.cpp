#include "approval/notifiers/telegram.hpp"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>

#include "approval/notifiers/telegram_message.hpp"
#include "approval/notifiers/telegram_update.hpp"
#include "unit/approval/notifiers/support.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

/// Text as Telegram shows it; fails for tags it doesn't know or that aren't closed.
std::string shown(std::string html) {
    std::string out;
    std::vector<std::string> open;
    for (std::size_t i = 0; i < html.size(); ++i) {
        if (html[i] == '<') {
            const std::size_t end = html.find('>', i);
            EXPECT_NE(end, std::string::npos);
            const std::string tag = html.substr(i + 1, end - i - 1);
            if (tag.starts_with('/')) {
                EXPECT_FALSE(open.empty());
                EXPECT_EQ(open.back(), tag.substr(1));
                open.pop_back();
            } else {
                EXPECT_THAT(tag, ::testing::AnyOf("b", "code", "pre"));
                open.push_back(tag);
            }
            i = end;
        } else if (html[i] == '&') {
            const std::size_t end = html.find(';', i);
            const std::string entity = html.substr(i, end - i);
            out += entity == "&lt" ? '<' : entity == "&gt" ? '>' : entity == "&quot" ? '"' : '&';
            i = end;
        } else {
            out += html[i];
        }
    }
    EXPECT_TRUE(open.empty());
    return out;
}

TEST(TelegramMessage, ShowsTheRequestWithButtons) {
    const json::object message = telegram_message(view(sample_event()), true);
    EXPECT_EQ(message.at("parse_mode"), "HTML");
    const std::string text = shown(std::string(message.at("text").as_string()));
    for (const char* part : {"Approval needed: stripe.create-refund", "support-bot", "high",
                             "refunds-need-a-human", "9900", "2026-11-23T12:30"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    const auto& rows = message.at("reply_markup").at("inline_keyboard").as_array();
    ASSERT_EQ(rows.size(), 1U);
    for (const json::value& button : rows[0].as_array()) {
        EXPECT_LE(button.at("callback_data").as_string().size(), 64U);
    }
    EXPECT_EQ(rows[0].at(0).at("callback_data"), "a:apr_01m89yj8szmb5e6jcg5f01ftax");
}

TEST(TelegramMessage, MarkupOfTheCallerStaysTextWithinTheLimit) {
    json::object event = sample_event({{"note", kHostile}, {"long", std::string(7000, '&')}});
    event["data"].as_object()["caller"].as_object()["agent"] = kHostile + std::string(5000, '<');
    event["data"].as_object()["rule"] = std::string(5000, 'r');
    event["data"].as_object()["reason"] = std::string(2000, '>');
    const std::string html(telegram_message(view(event), true).at("text").as_string());
    const std::string text = shown(html);
    EXPECT_LE(text.size(), 4096U);
    EXPECT_THAT(html, AllOf(Not(HasSubstr("<a")), Not(HasSubstr("<script"))));
    EXPECT_THAT(text, HasSubstr("</pre><a href="));
}

TEST(TelegramMessage, TheOutcomeTakesTheButtonsAway) {
    const json::object message = telegram_message(view(ended_event("expired")), true);
    EXPECT_TRUE(message.at("reply_markup").at("inline_keyboard").as_array().empty());
    EXPECT_THAT(std::string(message.at("text").as_string()), HasSubstr("Expired undecided"));
}

TEST(Telegram, SendsAndEdits) {
    FakeApi api;
    api.answers.push_back(ApiAnswer{200, {}, R"({"ok":true,"result":{"message_id":17}})"});
    TelegramNotifier notifier({"ops", "", {}}, {"-1001", "tg.bot", true}, api,
                              secret(kToken + "\n"));
    const Delivery sent = test::run_task(notifier.deliver(notification(sample_event())));
    EXPECT_EQ(sent.receipt, "17");
    EXPECT_EQ(api.calls[0].url, "https://api.telegram.org/bot" + kToken + "/sendMessage");
    EXPECT_EQ(api.calls[0].body.at("chat_id"), -1001);
    const auto outcome = notification(ended_event("denied"), "17");
    ASSERT_FALSE(test::run_task(notifier.deliver(outcome)).failure);
    EXPECT_EQ(api.calls[1].url, "https://api.telegram.org/bot" + kToken + "/editMessageText");
    EXPECT_EQ(api.calls[1].body.at("message_id"), 17);
    api.answers.push_back(ApiAnswer{
        400, {}, R"({"ok":false,"description":"Bad Request: message to edit not found"})"});
    ASSERT_FALSE(test::run_task(notifier.deliver(outcome)).failure);
    EXPECT_THAT(api.calls[3].url, HasSubstr("/sendMessage"));
    EXPECT_FALSE(api.calls[3].body.contains("reply_markup"));
}

TEST(Telegram, TheTokenIsInNoError) {
    FakeApi api;
    for (const std::string& bad : {"no colon " + kToken.substr(10), kToken + "/x", kToken + " y"}) {
        TelegramNotifier notifier({"ops", "", {}}, {"1", "tg.bot"}, api, secret(bad));
        const Delivery delivery = test::run_task(notifier.deliver(notification(sample_event())));
        ASSERT_TRUE(delivery.failure);
        EXPECT_THAT(delivery.failure->message, Not(HasSubstr("AAHdq")));
    }
    EXPECT_TRUE(api.calls.empty());
}

TEST(Telegram, AnAnswerThatRepeatsThePathTellsNoToken) {
    FakeApi api;
    const std::string path = "/bot" + kToken + "/sendMessage";
    for (const int status : {400, 404, 502}) {
        api.answers.emplace_back(
            ApiAnswer{status, {}, R"({"ok":false,"description":"Not Found: )" + path + "\"}"});
        TelegramNotifier notifier({"ops", "", {}}, {"1", "tg.bot"}, api, secret(kToken));
        const Delivery delivery = test::run_task(notifier.deliver(notification(sample_event())));
        ASSERT_TRUE(delivery.failure);
        EXPECT_THAT(delivery.failure->message,
                    AllOf(HasSubstr("[redacted]"), Not(HasSubstr("AAHdq"))));
    }
}

TEST(Telegram, TellsRateLimitsFaultsAndRefusalsApart) {
    const auto outcome = [](int status, const char* body) {
        return telegram_outcome({status, std::nullopt, body});
    };
    const auto limited = outcome(
        429, R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5",)"
             R"("parameters":{"retry_after":5}})");
    EXPECT_EQ(limited.delivery.retry_after, 5s);
    EXPECT_EQ(outcome(429, "").delivery.retry_after, 30s);
    EXPECT_EQ(outcome(502, "<html>").delivery.failure->code, Errc::unavailable);
    EXPECT_EQ(outcome(401, R"({"ok":false,"description":"Unauthorized"})").delivery.failure->code,
              Errc::unavailable);
    EXPECT_EQ(outcome(400, R"({"ok":false,"description":"Bad Request: can't parse entities"})")
                  .delivery.failure->code,
              Errc::unsupported);
    EXPECT_EQ(outcome(400, R"({"ok":false,"description":"Bad Request: chat not found"})")
                  .delivery.failure->code,
              Errc::unavailable);
    EXPECT_FALSE(
        outcome(400, R"({"ok":false,"description":"Bad Request: message is not modified: x"})")
            .delivery.failure);
}

TEST(TelegramWebhook, WantsItsSecret) {
    EXPECT_TRUE(verify_telegram("s3cret", "s3cret"));
    EXPECT_TRUE(verify_telegram("s3cret\n", "s3cret"));
    for (const char* header : {"", "s3cre", "s3cret2", "S3CRET"}) {
        EXPECT_EQ(verify_telegram("s3cret", header).error().code, Errc::unauthenticated);
    }
    EXPECT_FALSE(verify_telegram("", ""));
}

TEST(TelegramUpdate, ReadsPressedButtons) {
    const auto press = read_telegram_update(
        R"({"update_id":9,"callback_query":{"id":"4382","from":{"id":4711,"is_bot":false},)"
        R"("message":{"message_id":17,"chat":{"id":-1001}},"data":"a:apr_1"}})");
    ASSERT_TRUE(press);
    EXPECT_EQ(press->approval, "apr_1");
    EXPECT_EQ(press->verdict, Verdict::approve);
    EXPECT_EQ(press->account, "4711");
    EXPECT_EQ(press->conversation, "-1001");
    const json::object answer = telegram_answer(*press, std::string(300, 'x'), true);
    EXPECT_EQ(answer.at("method"), "answerCallbackQuery");
    EXPECT_EQ(answer.at("callback_query_id"), "4382");
    EXPECT_EQ(answer.at("text").as_string().size(), 200U);
}

TEST(TelegramUpdate, RefusesAnythingElse) {
    EXPECT_EQ(read_telegram_update(R"({"update_id":9,"message":{"text":"a:apr_1"}})").error().code,
              Errc::not_found);
    for (const char* body :
         {"", "[]", "{}", R"({"update_id":9,"callback_query":{"id":"1","data":"a:apr_1"}})",
          R"({"update_id":9,"callback_query":{"from":{"id":1},"data":"a:apr_1"}})"}) {
        EXPECT_EQ(read_telegram_update(body).error().code, Errc::invalid_argument) << body;
    }
}

}  // namespace
}  // namespace kimbap::approval
