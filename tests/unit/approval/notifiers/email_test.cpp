#include "approval/notifiers/email.hpp"

#include <gmock/gmock.h>

#include "approval/notifiers/mail_message.hpp"
#include "base/encoding.hpp"
#include "unit/approval/notifiers/support.hpp"

namespace kimbap::approval {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

MailEnvelope envelope() {
    return {"kimbap@example.com", "alice@example.com", "evt_1@example.com", "",
            from_unix_micros(1'795'435'200'000'000)};
}

std::string head(const std::string& mail) {
    return mail.substr(0, mail.find("\r\n\r\n"));
}

TEST(MailMessage, HasTheHeadersOfAMail) {
    EXPECT_EQ(
        head(mail_message(view(sample_event()), envelope())),
        "From: kimbap <kimbap@example.com>\r\nTo: <alice@example.com>\r\n"
        "Subject: [kimbap] Approval needed: stripe.create-refund (asked for by support-bot)\r\n"
        "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <evt_1@example.com>\r\n"
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative; "
        "boundary=\"kimbap-" +
            mail_message(view(sample_event()), envelope())
                .substr(mail_message(view(sample_event()), envelope()).find("kimbap-") + 7, 32) +
            "\"");
    MailEnvelope reply = envelope();
    reply.in_reply_to = "evt_0@example.com";
    EXPECT_THAT(head(mail_message(view(ended_event("denied")), reply)),
                AllOf(HasSubstr("\r\nIn-Reply-To: <evt_0@example.com>\r\n"),
                      HasSubstr("\r\nReferences: <evt_0@example.com>\r\n")));
}

TEST(MailMessage, TextAndHtmlSayTheSame) {
    json::object event = sample_event();
    event["data"].as_object()["decide_url"] = "https://k.example/decide/apr_1?a=b&c=d";
    for (const std::string& body : {mail_text(view(event)), mail_html(view(event))}) {
        for (const char* part : {"Approval needed: stripe.create-refund", "support-bot", "high",
                                 "refunds-need-a-human", "9900", "2026-11-23T12:30"}) {
            EXPECT_THAT(body, HasSubstr(part));
        }
    }
    EXPECT_THAT(mail_text(view(event)), HasSubstr("https://k.example/decide/apr_1?a=b&c=d\n"));
    EXPECT_THAT(mail_html(view(event)),
                HasSubstr("<a href=\"https://k.example/decide/apr_1?a=b&amp;c=d\""));
}

TEST(MailMessage, NothingOfTheCallerBreaksOut) {
    json::object event = sample_event({{"note", kHostile}});
    event["data"].as_object()["caller"].as_object()["agent"] = kHostile;
    const std::string mail = mail_message(view(event), envelope());
    EXPECT_THAT(head(mail), Not(HasSubstr("\r\nBcc")));
    for (const std::string& body : {mail_html(view(event))}) {
        EXPECT_THAT(body, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<a ")),
                                HasSubstr("&lt;script&gt;")));
    }
    // Bodies are base64: no line of theirs can be a boundary or a lone dot.
    std::size_t longest = 0;
    for (std::size_t at = mail.find("\r\n\r\n"); at != std::string::npos;) {
        const std::size_t next = mail.find("\r\n", at + 2);
        if (next != std::string::npos) longest = std::max(longest, next - at - 2);
        at = next;
    }
    EXPECT_LE(longest, 78U);
}

TEST(MailMessage, OtherScriptsAreEncodedWords) {
    json::object event = sample_event();
    event["data"].as_object()["caller"].as_object()["agent"] = "김밥-요원-아주-긴-이름의-로봇-하나";
    const std::string headers = head(mail_message(view(event), envelope()));
    EXPECT_THAT(headers, HasSubstr("Subject: =?UTF-8?B?"));
    for (const char c : headers) EXPECT_TRUE(c == '\r' || c == '\n' || (c >= 0x20 && c < 0x7F));
}

TEST(MailAddress, IsBare) {
    for (const char* good : {"a@b", "ops+kimbap@example.com", "o'neil@example.co.uk"}) {
        EXPECT_TRUE(is_mail_address(good)) << good;
    }
    for (const char* bad : {"", "@", "a@", "@b", "a b@c", "a@b\r\nBcc: x@y", "<a@b>", "A <a@b>",
                            "a@b@c", "a@b,c@d", "\"a\"@b", "김@b"}) {
        EXPECT_FALSE(is_mail_address(bad)) << bad;
    }
}

class FakeMail final : public MailSender {
public:
    explicit FakeMail(std::vector<Mail>& sent) : sent_(sent) {}
    Task<Result<void>> send(Mail mail, Secret password) override {
        EXPECT_EQ(password.reveal(), "pw");
        sent_.push_back(std::move(mail));
        co_return Result<void>();
    }

private:
    std::vector<Mail>& sent_;
};

std::string decoded(const std::string& mail) {
    std::string out;
    for (std::size_t at = 0; at < mail.size();) {
        const std::size_t end = mail.find("\r\n", at);
        const auto line = base64_decode(mail.substr(at, end - at));
        if (line) out += *line;
        at = end + 2;
    }
    return out;
}

TEST(Email, EachRecipientGetsALinkOfItsOwn) {
    const EmailOptions options{"kimbap@example.com",
                               {"team@example.com"},
                               {{"bob@example.com", "bob"}, {"alice@example.com", "alice"}},
                               "smtp.password"};
    EXPECT_THAT(mail_recipients(options),
                ElementsAre("alice@example.com", "bob@example.com", "team@example.com"));
    std::vector<Mail> sent;
    EmailNotifier notifier("ops-mail", options, std::make_unique<FakeMail>(sent), secret("pw"),
                           links());
    for (const std::string& to : mail_recipients(options)) {
        const Delivery delivery =
            test::run_task(notifier.deliver(notification(sample_event(), "", to)));
        ASSERT_FALSE(delivery.failure);
        EXPECT_EQ(delivery.receipt, "evt_1@example.com");
    }
    // Who was taken out of the configuration isn't told any more.
    const Delivery removed =
        test::run_task(notifier.deliver(notification(sample_event(), "", "eve@example.com")));
    EXPECT_EQ(removed.failure->code, Errc::unsupported);
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_THAT(decoded(sent[0].content), HasSubstr("?to=alice&via=ops-mail"));
    EXPECT_THAT(decoded(sent[1].content), HasSubstr("?to=bob&via=ops-mail"));
    EXPECT_THAT(decoded(sent[2].content),
                AllOf(Not(HasSubstr("/decide/")), HasSubstr("kimbap approval approve apr_")));
}

}  // namespace
}  // namespace kimbap::approval
