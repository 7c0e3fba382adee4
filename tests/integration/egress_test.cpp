#include <gmock/gmock.h>

#include "integration/hostile.hpp"
#include "support/installation.hpp"
#include "support/mcp_client.hpp"
#include "unit/net/support/certificates.hpp"

namespace kimbap::test {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kManifest = R"(name: api
version: 1.0.0
description: Somewhere else
base_url: @BASE@
auth: {type: bearer, credential_ref: token}
actions:
  ask:
    description: Ask
    method: GET
    path: /{what}/plain
    risk: {level: low, mutating: false}
    args: [{name: what, type: string, required: true}]
    request: {path_params: {what: "{what}"}}
  wait:
    description: Wait for an operator
    method: POST
    path: /echo/plain
    risk: {level: high, mutating: true}
)";

constexpr std::string_view kPolicy = R"(version: 1.0.0
rules:
  - {id: asking, priority: 1, match: {risk: [low]}, decision: allow}
  - {id: waiting, priority: 2, match: {}, decision: require_approval, approval: {channels: [hook]}}
)";

/// A kimbap whose DNS is the test's, with an upstream at api.rebind.test that has a certificate.
/// 127.0.0.1 stands for the internet: the operator allowed it. The rest of loopback is the
/// operator's network.
class Egress : public ::testing::Test {
protected:
    Egress() : authority_(folder_.path()) {
        const auto files = authority_.issue("api.rebind.test");
        upstream_.emplace(files.certificate, files.key);
        const std::string port = upstream_->url().substr(upstream_->url().rfind(':'));
        kimbap_.emplace(
            "egress: {timeout: 2s, allow_private: [127.0.0.1/32]}\n"
            "approvals: {hold: 0s}\n"
            "notify: [{name: hook, type: webhook, url: \"https://hooks.rebind.test" +
            port + "/\", secret_ref: hook}]\n");
        std::string text(kManifest);
        text.replace(text.find("@BASE@"), 6, "https://api.rebind.test" + port);
        kimbap_->write("manifests/api.yaml", text);
        kimbap_->policy("all", kPolicy);
        kimbap_->must({"vault", "set", "token"}, "token-e1671797c52e15f763380b45e841ec32");
        kimbap_->must({"vault", "set", "hook"}, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        kimbap_->environment["LD_PRELOAD"] = KIMBAP_TEST_RESOLVER;
        // A build with AddressSanitizer wants to be the first library otherwise.
        kimbap_->environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
        kimbap_->environment["KIMBAP_TEST_HOSTS"] = kimbap_->path("hosts");
        kimbap_->environment["SSL_CERT_FILE"] = authority_.certificate_file();
    }

    void hosts(const std::string& lines) { kimbap_->write("hosts", lines); }
    Ran ask(const std::string& what) {
        return kimbap_->kimbap({"call", "api.ask", "--arg", "what=" + what});
    }

    TempFolder folder_;
    net::test::Authority authority_;
    std::optional<HostileUpstream> upstream_;
    std::optional<Installation> kimbap_;
};

TEST_F(Egress, ANameThatMeansAPrivateAddressIsNotReached) {
    hosts("api.rebind.test 127.0.0.1\n");
    ASSERT_EQ(ask("echo").code, 0) << ask("echo").err;
    for (const char* private_address :
         {"127.0.0.2", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1",
          "fd00::1", "fe80::1", "::ffff:127.0.0.2", "64:ff9b::127.0.0.2", "2002:7f00:2::"}) {
        hosts("api.rebind.test " + std::string(private_address) + "\n");
        const Ran refused = ask("echo");
        EXPECT_EQ(refused.code, 1) << private_address;
        EXPECT_THAT(refused.err,
                    AllOf(HasSubstr("not a public address"), HasSubstr("egress.allow_private")))
            << private_address;
    }
    // Of several only those are tried that may be reached.
    hosts("api.rebind.test 127.0.0.2 10.0.0.1 127.0.0.1\n");
    EXPECT_EQ(ask("echo").code, 0);
}

TEST_F(Egress, ANameThatComesToMeanAnotherAddressIsLookedAtAgain) {
    hosts("api.rebind.test 127.0.0.1\n");
    Serving serving(*kimbap_);
    const McpClient agent(serving.url(), kimbap_->agent_token("bot"));
    EXPECT_FALSE(is_error(agent.call("api_ask", {{"what", "last"}})));  // closes its connection
    hosts("api.rebind.test 127.0.0.2\n");
    const json::object rebound = agent.call("api_ask", {{"what", "last"}});
    EXPECT_TRUE(is_error(rebound));
    EXPECT_THAT(text_of(rebound), HasSubstr("127.0.0.2 (loopback)"));
}

TEST_F(Egress, ACertificateForAnotherNameIsRefused) {
    std::string text = kimbap_->read("manifests/api.yaml");
    text.replace(text.find("api.rebind.test"), 15, "other.rebind.test");
    kimbap_->write("manifests/api.yaml", text);
    hosts("other.rebind.test 127.0.0.1\n");
    const Ran refused = ask("echo");
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("TLS handshake"));
    kimbap_->environment.erase("SSL_CERT_FILE");
    text.replace(text.find("other.rebind.test"), 17, "api.rebind.test");
    kimbap_->write("manifests/api.yaml", text);
    hosts("api.rebind.test 127.0.0.1\n");
    EXPECT_THAT(ask("echo").err, HasSubstr("TLS handshake"));
}

TEST_F(Egress, WebhooksAreGuardedLikewise) {
    hosts("hooks.rebind.test 127.0.0.2\n");
    Serving serving(*kimbap_);
    const McpClient agent(serving.url(), kimbap_->agent_token("bot"));
    const json::object pending = agent.call("api_wait", {});
    EXPECT_TRUE(meta_of(pending, "kimbap/approval").starts_with("apr_"));
    eventually("the notification to fail", [&] {
        const Ran outbox = run_program(
            {"/usr/bin/sqlite3", kimbap_->path("data/kimbap.db"), "SELECT last_error FROM outbox"},
            {});
        return outbox.out.find("hooks.rebind.test resolves to 127.0.0.2 (loopback)") !=
               std::string::npos;
    });
}

}  // namespace
}  // namespace kimbap::test
