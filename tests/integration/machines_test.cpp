#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <future>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"
#include "support/postgres_server.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const json::object kRefund{{"order", "1001"}, {"amount", 4900}};

/// Two machines, each with a data directory of its own, that share a PostgreSQL database.
class Machines : public ::testing::Test {
protected:
    Machines() {
        second.manifest("shop", std::string(kShopManifest), first.upstream.url());
        second.policy("shop", kShopPolicy);
    }
    [[nodiscard]] std::string config() const { return "store: \"" + url + "\"\n"; }

    PostgresServer server;
    const std::string url = server.new_database();
    Shop first{config()};
    Installation second{config()};
};

TEST_F(Machines, ServeTheSameTokensAndSecretsAndKeepOneAuditLog) {
    Serving here(first.kimbap);
    Serving there(second);
    const std::string token = first.kimbap.agent_token("bot");
    const McpClient agent_here(here.url(), token);
    const McpClient agent_there(there.url(), token);
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(is_error(agent_here.call("shop_get-order", {{"order", "1001"}})));
        EXPECT_FALSE(is_error(agent_there.call("shop_get-order", {{"order", "1002"}})));
    }
    for (const Installation* machine : {&first.kimbap, &second}) {
        EXPECT_THAT(machine->must({"audit", "verify"}), HasSubstr("intact"));
    }
    const auto records = second.audit();
    std::int64_t last = 0;
    std::size_t calls = 0;
    for (const json::object& record : records) {
        EXPECT_EQ(record.at("seq").to_number<std::int64_t>(), ++last);
        if (record.at("kind") == "call.finished") ++calls;
    }
    EXPECT_EQ(calls, 40U);
    EXPECT_EQ(records, first.kimbap.audit());
}

TEST_F(Machines, HearOfChangesAtOnce) {
    Serving here(first.kimbap);
    Serving there(second);
    const std::string token = first.kimbap.agent_token("bot");
    const McpClient agent(there.url(), token);
    ASSERT_FALSE(is_error(agent.call("shop_get-order", {{"order", "1001"}})));

    first.kimbap.must({"vault", "rotate", "shop.token"}, "another-shop-token-0123456789");
    eventually("the new credential", [&] {
        return is_error(agent.call("shop_get-order", {{"order", "1001"}}));
    });
    first.kimbap.must({"vault", "rotate", "shop.token"}, kShopToken);
    eventually("the old credential again", [&] {
        return !is_error(agent.call("shop_get-order", {{"order", "1001"}}));
    });

    const json::value tokens = first.kimbap.json({"token", "list"});
    first.kimbap.must({"token", "revoke", tokens.at("tokens").at(0).at("id").as_string().c_str()});
    eventually("the revocation", [&] { return agent.request("tools/list", {}).status == 401; });
}

TEST_F(Machines, ApproveAndResumeAcrossThemOnce) {
    Serving here(first.kimbap);
    Serving there(second);
    const McpClient agent(there.url(), first.kimbap.agent_token("bot"));
    auto call = std::async(std::launch::async, [&] { return agent.call("shop_refund", kRefund); });
    const std::string id = pending_approval(first.kimbap);
    EXPECT_EQ(first.upstream.count(), 0U);
    const OperatorClient alice(here.url(), first.kimbap.operator_token("alice"));
    EXPECT_EQ(alice.post("/v1/approvals/" + id + ":approve").status, 200);
    const json::object result = call.get();
    EXPECT_FALSE(is_error(result)) << to_json(result);
    EXPECT_EQ(first.upstream.count(), 1U);
    EXPECT_EQ(first.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST_F(Machines, AMachineThatDiesLeavesItsApprovalsToTheOthers) {
    Serving here(first.kimbap);
    Serving there(second);
    const std::string token = first.kimbap.agent_token("bot");
    const McpClient agent(there.url(), token);
    auto call = std::async(std::launch::async, [&] {
        try {
            static_cast<void>(agent.call("shop_refund", kRefund));
        } catch (const std::exception&) {  // the connection ends with the machine
        }
    });
    const std::string id = pending_approval(first.kimbap);
    there.program().signal(SIGKILL);
    call.get();
    const OperatorClient alice(here.url(), first.kimbap.operator_token("alice"));
    EXPECT_EQ(alice.post("/v1/approvals/" + id + ":approve").status, 200);
    const McpClient again(here.url(), token);
    const json::object result =
        again.call("kimbap_approval_result", {{"approval", id}, {"wait_seconds", 20}});
    EXPECT_FALSE(is_error(result)) << to_json(result);
    EXPECT_EQ(result.at("structuredContent").at("state"), "refunded");
    EXPECT_EQ(first.upstream.count(), 1U);
    EXPECT_EQ(first.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST_F(Machines, RefuseCallsWhileTheDatabaseIsGoneAndGoOnAfterwards) {
    Serving here(first.kimbap);
    const McpClient agent(here.url(), first.kimbap.agent_token("bot"));
    ASSERT_FALSE(is_error(agent.call("shop_get-order", {{"order", "1001"}})));
    const std::size_t served = first.upstream.count();
    server.stop();
    eventually("the refusal", [&] {
        const Reply reply =
            agent.request("tools/call", {{"name", "shop_refund"}, {"arguments", kRefund}});
        return reply.status == 503;
    });
    const Reply refused = agent.request("tools/list", {});
    EXPECT_EQ(refused.status, 503) << "a 401 would have the client throw its token away";
    EXPECT_THAT(refused.body,
                AllOf(HasSubstr("its store can't be used"), Not(HasSubstr("socket"))));
    EXPECT_EQ(refused.header("WWW-Authenticate"), "");
    eventually("not ready", [&] { return http(here.url(), "GET", "/readyz").status == 503; });
    EXPECT_THAT(http(here.url(), "GET", "/readyz").body, Not(HasSubstr("socket")));
    EXPECT_EQ(http(here.url(), "GET", "/healthz").status, 200);
    const Ran started = second.kimbap({"token", "list"});
    EXPECT_EQ(started.code, 1);
    EXPECT_THAT(started.err, HasSubstr("the store can't be reached"));
    server.start();
    eventually("readiness", [&] { return http(here.url(), "GET", "/readyz").status == 200; });
    eventually("a call", [&] {
        return agent
                   .request("tools/call",
                            {{"name", "shop_get-order"}, {"arguments", {{"order", "1001"}}}})
                   .body.find("paid") != std::string::npos;
    });
    EXPECT_GT(first.upstream.count(), served);
    EXPECT_EQ(first.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST_F(Machines, AHeldCallOutlastsARestartOfTheDatabase) {
    Serving here(first.kimbap);
    const McpClient agent(here.url(), first.kimbap.agent_token("bot"));
    auto call = std::async(std::launch::async, [&] { return agent.call("shop_refund", kRefund); });
    const std::string id = pending_approval(first.kimbap);
    server.stop();
    eventually("not ready", [&] { return http(here.url(), "GET", "/readyz").status == 503; });
    server.start();
    first.kimbap.must({"approval", "approve", id});
    const json::object result = call.get();
    EXPECT_FALSE(is_error(result)) << to_json(result);
    EXPECT_EQ(first.upstream.count(), 1U);
    for (const json::object& record : first.kimbap.audit()) {
        EXPECT_NE(record.at("kind"), "auth.failed") << to_json(record);
    }
}

/// The answer to a commit is lost while the server waits for a standby that isn't there; then, as
/// PostgreSQL has it, the commit is through.
TEST_F(Machines, ARekeyOfUnknownOutcomeKeepsBothSecrets) {
    const auto set = [&](const std::string& standby) {
        server.execute(url, "ALTER SYSTEM SET synchronous_standby_names = '" + standby + "'");
        server.execute(url, "SELECT pg_reload_conf()");
    };
    set("nobody");
    const auto rekey = first.kimbap.start({"vault", "rekey"});
    eventually("the commit", [&] {
        return server.execute(url,
                              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                              "WHERE wait_event = 'SyncRep'") != "";
    });
    EXPECT_EQ(rekey->wait(), 1);
    EXPECT_THAT(rekey->errors(), HasSubstr("the new vault secret is kept in"));
    set("");
    eventually("the end of waiting", [&] {
        return first.kimbap.kimbap({"token", "list"}).err.find("rekey was finished") !=
               std::string::npos;
    });
    EXPECT_EQ(first.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
}

TEST_F(Machines, NothingSaysThePassword) {
    const std::string nowhere = "postgresql://kimbap:hunter2-hunter2@127.0.0.1:1/kimbap";
    std::string file = second.read("kimbap.yaml");
    second.config(file.replace(file.find(url), url.size(), nowhere));
    const std::string doctor = second.kimbap({"doctor"}).out;
    EXPECT_THAT(doctor, HasSubstr("kimbap.yaml is open to other users (chmod 600"));
    EXPECT_THAT(doctor, HasSubstr("the store can't be reached"));
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"doctor"}, {"token", "list"}, {"serve"}, {"audit", "verify"}}) {
        const Ran ran = second.kimbap(command);
        EXPECT_NE(ran.code, 0) << command[0];
        EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("hunter2"))) << command[0];
    }
    second.environment["KIMBAP_STORE"] = "postgresql://kimbap:hunter2-hunter2@h/d?nonsense=1";
    const Ran ran = second.kimbap({"token", "list"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_THAT(ran.err, HasSubstr("KIMBAP_STORE: not a PostgreSQL URL"));
    EXPECT_THAT(ran.err, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace kimbap::test
