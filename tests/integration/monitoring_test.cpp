#include <crypt.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <future>

#include "base/clock.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "support/installation.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kPassword = "prom-password-91c2f6a7";

/// A server from Debian, on a free port, with a data folder of its own.
class Daemon {
public:
    Daemon(const std::vector<std::string>& arguments, const std::string& folder)
        : program_(arguments, Launch{folder, {}, 0}) {
        constexpr std::string_view mark = "msg=\"Listening on\" address=127.0.0.1:";
        const std::string log = program_.wait_for_error(mark);
        port_ = std::stoi(log.substr(log.find(mark) + mark.size()));
    }
    ~Daemon() {
        program_.signal(SIGTERM);
        program_.wait();
    }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    Program program_;
    int port_ = 0;
};

/// The shipped manifest, pointed elsewhere.
std::string shipped(const std::string& name, const std::string& from, const std::string& to) {
    const Ran ran = run_program({"/bin/cat", KIMBAP_SOURCE_DIR "/manifests/" + name + ".yaml"}, {});
    std::string text = ran.out;
    const std::size_t at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("no " + from + " in " + name);
    return text.replace(at, from.size(), to);
}

std::string shipped_policy() {
    return run_program({"/bin/cat", KIMBAP_SOURCE_DIR "/internal/policy/default.yaml"}, {}).out;
}

class Prometheus : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!std::filesystem::exists("/usr/bin/prometheus")) {
            GTEST_FAIL() << "prometheus is not installed (scripts/packages --install test)";
        }
    }
    Prometheus() {
        const Ran made =
            run_program({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                         "/CN=prometheus", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                         kimbap_.path("key.pem"), "-out", kimbap_.path("cert.pem")},
                        {});
        if (made.code != 0) throw std::runtime_error(made.err);
        crypt_data scratch{};
        const std::string hash =
            ::crypt_r(std::string(kPassword).c_str(), "$2b$04$abcdefghijklmnopqrstuu", &scratch);
        kimbap_.write("web.yml",
                      "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"
                      "basic_auth_users: {kimbap: \"" +
                          hash + "\"}\n");
        kimbap_.write("prometheus.yml", R"(global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: nobody, static_configs: [{targets: ["127.0.0.1:1"]}]}
)");
        daemon_ = std::make_unique<Daemon>(
            std::vector<std::string>{"/usr/bin/prometheus", "--config.file=prometheus.yml",
                                     "--storage.tsdb.path=tsdb", "--web.listen-address=127.0.0.1:0",
                                     "--web.config.file=web.yml"},
            kimbap_.path(""));
        kimbap_.write("manifests/prometheus.yaml", shipped("prometheus", "http://127.0.0.1:9090",
                                                           "https://" + daemon_->address()));
        kimbap_.policy("default", shipped_policy());
        kimbap_.environment["SSL_CERT_FILE"] = kimbap_.path("cert.pem");
    }

    Installation kimbap_;
    std::unique_ptr<Daemon> daemon_;
};

TEST_F(Prometheus, QueriesWithThePasswordFromTheVault) {
    kimbap_.must({"vault", "set", "prometheus.basic"}, "kimbap:" + std::string(kPassword));
    Serving serving(kimbap_);
    const McpClient agent(serving.url(), kimbap_.agent_token("sre-bot"));
    const json::object sum = agent.call("prometheus_query", {{"query", "1 + 1"}});
    ASSERT_FALSE(is_error(sum)) << to_json(sum);
    EXPECT_EQ(sum.at("structuredContent").at("resultType"), "scalar");
    EXPECT_EQ(sum.at("structuredContent").at("result").at(1), "2");
    // The scrape of a target that nobody listens on must show as down, once it happened.
    const auto scraped = [&] {
        const json::object up = agent.call("prometheus_query", {{"query", "up{job=\"nobody\"}"}});
        const json::array& samples = up.at("structuredContent").at("result").as_array();
        return !samples.empty() && samples.front().at("value").at(1) == "0";
    };
    // Slowly: the default policy allows ten reads a second.
    eventually("the first scrape", scraped, std::chrono::milliseconds{250});
    const json::object targets = agent.call("prometheus_list-targets", {});
    EXPECT_THAT(text_of(targets), HasSubstr("connection refused"));

    const json::object wrong = agent.call("prometheus_query", {{"query", "sum("}});
    EXPECT_TRUE(is_error(wrong));
    EXPECT_THAT(text_of(wrong), HasSubstr("parse error"));
    const json::object deleting = agent.call("prometheus_delete-series", json::object{});
    EXPECT_TRUE(is_error(deleting));
    EXPECT_THAT(kimbap_.must({"audit", "export"}) + serving.program().errors(),
                Not(HasSubstr(kPassword)));
    EXPECT_THAT(kimbap_.must({"audit", "export"}),
                Not(HasSubstr(base64_encode("kimbap:" + std::string(kPassword)))));
}

TEST_F(Prometheus, AWrongPasswordIsNamedWithoutBeingShown) {
    kimbap_.must({"vault", "set", "prometheus.basic"}, "kimbap:wrong-password-55aa");
    const Ran ran = kimbap_.kimbap({"call", "prometheus.query", "--arg", "query=\"1\""});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, ::testing::AllOf(HasSubstr("401"), HasSubstr("prometheus.basic")));
    EXPECT_THAT(ran.err, Not(HasSubstr("wrong-password-55aa")));
}

TEST_F(Prometheus, AnUnknownCertificateIsRefused) {
    kimbap_.must({"vault", "set", "prometheus.basic"}, "kimbap:" + std::string(kPassword));
    kimbap_.environment.erase("SSL_CERT_FILE");
    const Ran ran = kimbap_.kimbap({"call", "prometheus.query", "--arg", "query=\"1\""});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("certificate"));
}

TEST(Alertmanager, SilencesOnlyAfterAnOperatorsApproval) {
    Installation kimbap;
    kimbap.write("alertmanager.yml", "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n");
    const Daemon daemon({"/usr/bin/prometheus-alertmanager", "--config.file=alertmanager.yml",
                         "--storage.path=silences", "--web.listen-address=127.0.0.1:0",
                         "--cluster.listen-address="},
                        kimbap.path(""));
    kimbap.write("manifests/alertmanager.yaml",
                 shipped("alertmanager", "127.0.0.1:9093", daemon.address()));
    kimbap.policy("default", shipped_policy());
    Serving serving(kimbap);
    const McpClient agent(serving.url(), kimbap.agent_token("sre-bot"));
    const OperatorClient alice(serving.url(), kimbap.operator_token("alice"));
    const auto silences = [&] {
        return agent.call("alertmanager_list-silences", json::object{})
            .at("structuredContent")
            .as_array();
    };
    EXPECT_TRUE(silences().empty());

    const json::object arguments{
        {"matchers", {{{"name", "alertname"}, {"value", "DiskFull"}, {"isRegex", false}}}},
        {"starts_at", format_time(SystemClock{}.now())},
        {"ends_at", format_time(SystemClock{}.now() + std::chrono::hours{1})},
        {"created_by", "sre-bot"},
        {"comment", "the disk is being replaced"}};
    auto call = std::async(std::launch::async,
                           [&] { return agent.call("alertmanager_create-silence", arguments); });
    std::string id;
    eventually("an approval", [&] {
        const auto list = parse_json(alice.get("/v1/approvals?state=pending").body);
        const json::array& approvals = list->at("approvals").as_array();
        if (!approvals.empty()) id = approvals.front().at("id").as_string().c_str();
        return !id.empty();
    });
    EXPECT_TRUE(silences().empty());
    EXPECT_EQ(alice.post("/v1/approvals/" + id + ":approve", {{"reason", "on it"}}).status, 200);
    const json::object result = call.get();
    ASSERT_FALSE(is_error(result)) << to_json(result);
    const json::value made = result.at("structuredContent").at("silenceID");
    const json::array now = silences();
    ASSERT_EQ(now.size(), 1U);
    EXPECT_EQ(now.front().at("id"), made);
    EXPECT_EQ(now.front().at("state"), "active");
    EXPECT_EQ(now.front().at("by"), "sre-bot");
    EXPECT_EQ(kimbap.kimbap({"audit", "verify"}).code, 0);
}

}  // namespace
}  // namespace kimbap::test
