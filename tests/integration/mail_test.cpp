#include <gmock/gmock.h>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// aiosmtpd with TLS, a login and a certificate for 127.0.0.1.
class MailServer {
public:
    MailServer(const Installation& kimbap, const std::string& mode) {
        const Ran made = run_program(
            {"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
             kimbap.path("mail.key"), "-out", kimbap.path("mail.pem")},
            {});
        if (made.code != 0) throw std::runtime_error("openssl: " + made.err);
        program_ = std::make_unique<Program>(
            std::vector<std::string>{"/usr/bin/python3",
                                     KIMBAP_SOURCE_DIR "/tests/support/smtp_server.py", mode,
                                     kimbap.path("mail.pem"), kimbap.path("mail.key")},
            Launch{});
        const auto line = program_->read_line();
        if (!line) throw std::runtime_error("no mail server: " + program_->errors());
        port_ = static_cast<int>(parse_json(*line)->at("port").as_int64());
    }
    [[nodiscard]] int port() const { return port_; }
    /// The next mail that it takes.
    json::object mail() {
        const auto line = program_->read_line();
        if (!line) throw std::runtime_error("the mail server ended: " + program_->errors());
        return parse_json(*line)->as_object();
    }
    void stop() { program_.reset(); }

private:
    std::unique_ptr<Program> program_;
    int port_ = 0;
};

/// The base64 parts of a mail, decoded, one after the other.
std::string bodies(const json::object& mail) {
    const std::string data(mail.at("data").as_string());
    std::string out;
    for (std::size_t at = 0; at < data.size();) {
        const std::size_t end = std::min(data.find("\r\n", at), data.size());
        if (const auto line = base64_decode(data.substr(at, end - at))) out += *line;
        at = end + 2;
    }
    return out;
}

std::string head(const json::object& mail) {
    const std::string data(mail.at("data").as_string());
    return data.substr(0, data.find("\r\n\r\n"));
}

class Mailed : public Shop {
public:
    explicit Mailed(const std::string& mode) : server(kimbap, mode) {
        configure(mode == "plain" ? "starttls" : mode,
                  "operators: {alice@example.com: alice, bob@example.com: bob}");
        kimbap.must({"vault", "set", "smtp.password"}, "s3cret\n");
        kimbap.environment["SSL_CERT_FILE"] = kimbap.path("mail.pem");
        token = kimbap.agent_token("bot");
    }
    void configure(const std::string& tls, const std::string& recipients) const {
        kimbap.config(R"(data_dir: data
manifests: [manifests]
policies: [policy]
vault: {secret_file: vault.secret, pbkdf2_iterations: 100000}
http: {public_url: "https://kimbap.example.com"}
approvals: {hold: 50ms, expires: 10m}
notify:
  - {name: ops-mail, type: email, server: "127.0.0.1:)" +
                      std::to_string(server.port()) + R"(", tls: )" + tls +
                      ", username: kimbap, secret_ref: smtp.password, from: kimbap@example.com, " +
                      recipients + "}\n");
    }
    std::string ask(const std::string& url, const json::object& extra = {}) const {
        json::object refund{{"order", "1001"}, {"amount", 4900}};
        for (const auto& [key, value] : extra) refund[key] = value;
        return meta_of(McpClient(url, token).call("shop_refund", refund), "kimbap/approval");
    }
    json::array deliveries(const std::string& id) const {
        return kimbap.json({"approval", "show", id}).at("deliveries").as_array();
    }
    MailServer server;
    std::string token;
};

TEST(Mail, GoesByStarttlsWithALinkForEachOperator) {
    Mailed shop("starttls");
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url(), {{"card", "4242-4242"}});
    std::map<std::string, json::object> mails;
    for (int i = 0; i < 2; ++i) {
        const json::object mail = shop.server.mail();
        mails[mail.at("recipients").at(0).as_string().c_str()] = mail;
    }
    ASSERT_EQ(mails.size(), 2U);
    for (const auto& [to, mail] : mails) {
        const std::string who = to.substr(0, to.find('@'));
        EXPECT_EQ(mail.at("tls"), true);
        EXPECT_EQ(mail.at("user"), "kimbap");
        EXPECT_EQ(mail.at("sender"), "kimbap@example.com");
        EXPECT_THAT(head(mail), AllOf(HasSubstr("To: <" + to + ">"),
                                      HasSubstr("Subject: [kimbap] Approval needed: shop.refund")));
        EXPECT_THAT(std::string(mail.at("data").as_string()),
                    AllOf(HasSubstr("Content-Type: text/plain; charset=utf-8"),
                          HasSubstr("Content-Type: text/html; charset=utf-8")));
        EXPECT_THAT(bodies(mail),
                    AllOf(HasSubstr(id), HasSubstr("4900"), HasSubstr("high"), HasSubstr("refunds"),
                          HasSubstr("https://kimbap.example.com/decide/" + id),
                          HasSubstr("to=" + who), Not(HasSubstr("4242-4242"))));
    }
    shop.kimbap.must({"approval", "deny", id, "--reason", "no such order"});
    for (int i = 0; i < 2; ++i) {
        const json::object mail = shop.server.mail();
        EXPECT_THAT(head(mail), AllOf(HasSubstr("Subject: [kimbap] Denied: shop.refund"),
                                      HasSubstr("In-Reply-To: <evt_")));
        EXPECT_THAT(bodies(mail), AllOf(HasSubstr("no such order"), Not(HasSubstr("/decide/"))));
    }
    for (const json::value& one : shop.deliveries(id)) EXPECT_EQ(one.at("state"), "delivered");
}

TEST(Mail, GoesByImplicitTls) {
    Mailed shop("implicit");
    shop.kimbap.must({"doctor", "--notify", "ops-mail"});
    EXPECT_THAT(head(shop.server.mail()), HasSubstr("kimbap can notify you here (ops-mail)"));
}

TEST(Mail, SaysWhatIsWrong) {
    Mailed shop("starttls");
    const auto tried = [&] { return shop.kimbap.kimbap({"doctor", "--notify", "ops-mail"}).err; };
    shop.kimbap.must({"vault", "set", "smtp.password"}, "wrong-pass");
    EXPECT_THAT(tried(), AllOf(HasSubstr("refused the user name or password"),
                               Not(HasSubstr("wrong-pass"))));
    shop.kimbap.must({"vault", "set", "smtp.password"}, "s3cret");
    shop.kimbap.environment.erase("SSL_CERT_FILE");
    EXPECT_THAT(tried(), HasSubstr("certificate"));
    shop.kimbap.environment["SSL_CERT_FILE"] = shop.kimbap.path("mail.pem");
    shop.configure("starttls", "to: [nobody@example.com]");
    EXPECT_THAT(tried(), HasSubstr("refused the mail (550)"));
    shop.server.stop();
    EXPECT_NE(tried(), "");
}

TEST(Mail, AServerWithoutStarttlsGetsNothing) {
    Mailed shop("plain");
    shop.configure("starttls", "to: [team@example.com]");
    const Ran ran = shop.kimbap.kimbap({"doctor", "--notify", "ops-mail"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("STARTTLS"));
}

TEST(Mail, RefusedForGoodIsDeadAndForNowIsTriedAgain) {
    Mailed shop("starttls");
    shop.configure("starttls", "to: [nobody@example.com, later@example.com, team@example.com]");
    Serving serving(shop.kimbap);
    const std::string id = shop.ask(serving.url());
    EXPECT_EQ(shop.server.mail().at("recipients").at(0), "team@example.com");
    std::map<std::string, std::string> states;
    eventually("each to be tried", [&] {
        bool all = true;
        for (const json::value& one : shop.deliveries(id)) {
            states[one.at("recipient").as_string().c_str()] = one.at("state").as_string().c_str();
            all = all && one.at("attempts").as_int64() > 0;
        }
        return all;
    });
    EXPECT_EQ(states["nobody@example.com"], "dead");
    EXPECT_EQ(states["later@example.com"], "pending");
    EXPECT_EQ(states["team@example.com"], "delivered");
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    EXPECT_THAT(alice.get("/metrics").body,
                HasSubstr("kimbap_notifications{channel=\"ops-mail\",state=\"dead\"} 1"));
}

TEST(Mail, NothingOfACallerBreaksOut) {
    Mailed shop("starttls");
    shop.configure("starttls", "to: [team@example.com]");
    Serving serving(shop.kimbap);
    static_cast<void>(
        shop.ask(serving.url(), {{"order",
                                  "1\r\nBcc: victim@example.com\r\n.\r\nMAIL FROM:<x@y>\r\n"
                                  "<script>alert(1)</script><a href=\"https://evil.example\">"}}));
    const json::object mail = shop.server.mail();
    EXPECT_EQ(mail.at("recipients").as_array().size(), 1U);
    EXPECT_THAT(std::string(mail.at("data").as_string()), Not(HasSubstr("\r\nBcc")));
    const std::string text = bodies(mail);
    const std::string html = text.substr(text.find("<!doctype"));
    EXPECT_THAT(
        html, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<a ")), HasSubstr("&lt;script&gt;")));
}

TEST(Mail, AServerThatHangsHoldsUpNeitherCallsNorTheEnd) {
    RawUpstream silent("", true);
    Mailed shop("starttls");
    const std::string url = silent.url();
    shop.kimbap.config(shop.kimbap.read("kimbap.yaml") +
                       "  - {name: stuck, type: email, tls: none, server: \"127.0.0.1:" +
                       url.substr(url.rfind(':') + 1) +
                       "\", from: k@example.com, to: [a@example.com, b@example.com]}\n");
    Serving serving(shop.kimbap);
    const auto begin = std::chrono::steady_clock::now();
    static_cast<void>(shop.ask(serving.url()));
    static_cast<void>(shop.server.mail());
    static_cast<void>(shop.server.mail());
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(alice.get("/v1/approvals").status, 200);
    EXPECT_EQ(serving.stop(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{15});
}

}  // namespace
}  // namespace kimbap::test
