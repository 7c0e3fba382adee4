#include "app/notify_config.hpp"

#include <gmock/gmock.h>

#include "app/config.hpp"

namespace kimbap::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<Config> parse(const std::string& entries) {
    return parse_config("kimbap.yaml", "notify:\n" + entries,
                        [](const std::string&) { return std::nullopt; });
}

/// The faults, or "".
std::string faults(const std::string& entries) {
    const auto config = parse(entries);
    return config ? std::string() : config.error().message;
}

TEST(NotifyConfig, ReadsEachType) {
    const auto config = parse(R"(
  - {name: ops-hook, type: webhook, url: "https://ops.example/hook", secret_ref: notify.webhook}
  - name: ops-slack
    type: slack
    channel: C0123456789
    secret_ref: slack.bot
    signing_secret_ref: slack.signing
    team: T0123456789
    operators: {U0123456789: alice}
  - name: ops-telegram
    type: telegram
    chat: -1001234567890
    secret_ref: telegram.bot
    webhook_secret_ref: telegram.webhook
    operators: {"123456789": alice}
    api_url: http://127.0.0.1:8081/
  - name: ops-mail
    type: email
    server: smtp.example.com
    tls: implicit
    username: kimbap
    secret_ref: smtp.password
    from: kimbap@example.com
    to: [team@example.com]
    operators: {alice@example.com: alice}
)");
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_EQ(config->notify.size(), 4U);
    const NotifyChannel& slack = config->notify[1];
    EXPECT_EQ(slack.place, "C0123456789");
    EXPECT_EQ(slack.callback_ref, "slack.signing");
    EXPECT_EQ(slack.url, "https://slack.com/api");
    EXPECT_EQ(slack.operators.at("U0123456789"), "alice");
    EXPECT_EQ(slack.team, "T0123456789");
    const NotifyChannel& telegram = config->notify[2];
    EXPECT_EQ(telegram.place, "-1001234567890");
    EXPECT_EQ(telegram.url, "http://127.0.0.1:8081");
    EXPECT_EQ(telegram.operators.at("123456789"), "alice");
    const NotifyChannel& mail = config->notify[3];
    EXPECT_EQ(mail.host + ":" + std::to_string(mail.port), "smtp.example.com:465");
    EXPECT_EQ(mail.to.at(0), "team@example.com");
    EXPECT_EQ(mail.operators.at("alice@example.com"), "alice");
}

TEST(NotifyConfig, NamesUnknownKeysAndTypes) {
    EXPECT_THAT(faults("  - {name: a, type: slack, chanel: C1, secret_ref: s}\n"),
                AllOf(HasSubstr("kimbap.yaml:2:"), HasSubstr("chanel"), HasSubstr("channel")));
    EXPECT_THAT(faults("  - {name: a, type: slak}\n"), HasSubstr("did you mean \"slack\"?"));
    EXPECT_THAT(faults("  - {name: a, type: pager}\n"),
                HasSubstr("use webhook, slack, telegram or email"));
    EXPECT_THAT(faults("  - nothing\n"), HasSubstr("not a channel"));
    EXPECT_THAT(faults("  - {name: a/b, type: webhook, url: 'https://x', secret_ref: s}\n"),
                HasSubstr("is not a name"));
}

TEST(NotifyConfig, SecretsAreOnlyNamed) {
    EXPECT_THAT(faults("  - {name: a, type: slack, channel: C1, token: xoxb-1}\n"),
                AllOf(HasSubstr("token"), HasSubstr("secret_ref")));
    EXPECT_THAT(
        faults("  - {name: a, type: email, server: s.example.com, from: a@b.c, to: [a@b.c], "
               "username: u, password: p}\n"),
        AllOf(HasSubstr("password"), HasSubstr("belong together")));
}

TEST(NotifyConfig, ButtonsNeedAProofAndAccounts) {
    EXPECT_THAT(
        faults("  - {name: a, type: slack, channel: C1, secret_ref: s, operators: {U1: a}}\n"),
        HasSubstr("operators without signing_secret_ref"));
    EXPECT_THAT(
        faults("  - {name: a, type: telegram, chat: 1, secret_ref: s, webhook_secret_ref: w}\n"),
        HasSubstr("webhook_secret_ref without operators"));
    EXPECT_THAT(faults("  - {name: a, type: slack, channel: C1, secret_ref: s, "
                       "signing_secret_ref: g, operators: {alice: alice}}\n"),
                HasSubstr("\"alice\" is not an account"));
    EXPECT_THAT(faults("  - {name: a, type: telegram, chat: 1, secret_ref: s, "
                       "webhook_secret_ref: g, operators: {'@alice': alice}}\n"),
                HasSubstr("\"@alice\" is not an account"));
}

TEST(NotifyConfig, RefusesWhatCouldNotWork) {
    EXPECT_THAT(faults("  - {name: a, type: slack, channel: '#ops', secret_ref: s}\n"),
                HasSubstr("not a channel's id"));
    EXPECT_THAT(faults("  - {name: a, type: telegram, chat: ops, secret_ref: s}\n"),
                HasSubstr("is not a chat"));
    EXPECT_THAT(faults("  - {name: a, type: slack, channel: C1, secret_ref: s, "
                       "api_url: 'http://slack.example/api'}\n"),
                HasSubstr("not https"));
    const std::string mail = "  - {name: a, type: email, from: a@b.c, to: [a@b.c], ";
    EXPECT_THAT(faults(mail + "server: 'smtp.example.com:x'}\n"), HasSubstr("not a mail server"));
    EXPECT_THAT(faults(mail + "server: 'user@smtp.example.com'}\n"),
                HasSubstr("not a mail server"));
    EXPECT_THAT(faults(mail + "server: smtp.example.com, tls: none}\n"), HasSubstr("in the clear"));
    EXPECT_EQ(faults(mail + "server: '127.0.0.1:2525', tls: none}\n"), "");
    EXPECT_THAT(faults("  - {name: a, type: email, server: s.example.com, from: 'A <a@b.c>', "
                       "to: ['x\\r\\nBcc: y@z']}\n"),
                AllOf(HasSubstr("\"A <a@b.c>\" is not a mail address"), HasSubstr("Bcc")));
    EXPECT_THAT(faults("  - {name: a, type: email, server: s.example.com, from: a@b.c}\n"),
                HasSubstr("no recipients"));
}

}  // namespace
}  // namespace kimbap::app
