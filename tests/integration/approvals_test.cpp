#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <future>
#include <semaphore>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const json::object kRefund{{"order", "1001"}, {"amount", 4900}, {"card", "4242-4242"}};

std::string state_of(const Installation& kimbap, const std::string& id) {
    const json::value shown = kimbap.json({"approval", "show", id});
    std::string out = shown.at("state").as_string().c_str();
    if (const json::value* execution = shown.as_object().if_contains("execution")) {
        out += std::string("/") + execution->as_string().c_str();
    }
    return out;
}

TEST(Approvals, AHeldCallRunsOnceApprovedByTheCommandLine) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    auto call = std::async(std::launch::async, [&] { return agent.call("shop_refund", kRefund); });
    const std::string id = pending_approval(shop.kimbap);
    EXPECT_EQ(shop.upstream.count(), 0U);
    shop.kimbap.must({"approval", "approve", id, "--reason", "checked"});
    const json::object result = call.get();
    EXPECT_FALSE(is_error(result)) << to_json(result);
    EXPECT_EQ(result.at("structuredContent").at("state"), "refunded");
    EXPECT_EQ(meta_of(result, "kimbap/decision"), "require_approval");
    EXPECT_EQ(shop.upstream.count(), 1U);
    EXPECT_EQ(state_of(shop.kimbap, id), "approved/done");
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Approvals, ADeniedCallNeverRuns) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    auto call = std::async(std::launch::async, [&] { return agent.call("shop_refund", kRefund); });
    const std::string id = pending_approval(shop.kimbap);
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    EXPECT_EQ(alice.post("/v1/approvals/" + id + ":deny", {{"reason", "no such customer"}}).status,
              200);
    const json::object result = call.get();
    EXPECT_TRUE(is_error(result));
    EXPECT_THAT(text_of(result), HasSubstr("no such customer"));
    EXPECT_EQ(shop.upstream.count(), 0U);
    EXPECT_EQ(alice.post("/v1/approvals/" + id + ":approve").status, 409);
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Approvals, AfterTheHoldTheOutcomeIsCollected) {
    Shop shop("approvals: {hold: 100ms, expires: 5m}\n");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const McpClient other(serving.url(), shop.kimbap.agent_token("other"));
    const json::object waiting = agent.call("shop_refund", kRefund);
    const std::string id = pending_approval(shop.kimbap);
    EXPECT_THAT(text_of(waiting), AllOf(HasSubstr(id), HasSubstr("kimbap_approval_result")));
    // The same call again joins; it is not a second request.
    EXPECT_THAT(text_of(agent.call("shop_refund", kRefund)), HasSubstr(id));
    EXPECT_EQ(shop.kimbap.json({"approval", "list"}).at("approvals").as_array().size(), 1U);
    shop.kimbap.must({"approval", "approve", id});
    const json::object result =
        agent.call("kimbap_approval_result", {{"approval", id}, {"wait_seconds", 20}});
    EXPECT_FALSE(is_error(result)) << to_json(result);
    EXPECT_EQ(result.at("structuredContent").at("state"), "refunded");
    // Kept for its caller alone.
    EXPECT_TRUE(is_error(other.call("kimbap_approval_result", {{"approval", id}})));
    EXPECT_EQ(shop.upstream.count(), 1U);
}

TEST(Approvals, ACallOfTheCommandLineWaitsAndSaysHowItStands) {
    Shop shop("approvals: {hold: 100ms}\n");
    const Ran ran = shop.kimbap.kimbap({"call", "shop.refund", "--input", to_json(kRefund)});
    EXPECT_EQ(ran.code, 4);
    EXPECT_THAT(ran.err, HasSubstr("apr_"));
}

TEST(Approvals, TheyExpire) {
    Shop shop("approvals: {hold: 20s, expires: 1s}\n");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const json::object result = agent.call("shop_refund", kRefund);
    EXPECT_TRUE(is_error(result));
    EXPECT_THAT(text_of(result), HasSubstr("expired"));
    const std::string id = std::string(
        shop.kimbap.json({"approval", "list"}).at("approvals").at(0).at("id").as_string());
    EXPECT_EQ(state_of(shop.kimbap, id), "expired");
    EXPECT_NE(shop.kimbap.kimbap({"approval", "approve", id}).code, 0);
    EXPECT_EQ(shop.upstream.count(), 0U);
}

/// How often a record of this kind and outcome is in the log.
std::size_t recorded(const Installation& kimbap, std::string_view kind, std::string_view outcome) {
    std::size_t count = 0;
    for (const json::object& record : kimbap.audit()) {
        const json::value* approval = record.if_contains("approval");
        const json::value* found =
            approval == nullptr ? nullptr : approval->as_object().if_contains("outcome");
        count += record.at("kind") == json::value(kind) && found != nullptr &&
                 *found == json::value(outcome);
    }
    return count;
}

TEST(Approvals, TheyExpireThoughNoServerRuns) {
    Shop shop("approvals: {hold: 20s, expires: 1s}\n");
    const auto began = std::chrono::steady_clock::now();
    const Ran held = shop.kimbap.kimbap({"call", "shop.refund", "--input", to_json(kRefund)});
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{15});
    EXPECT_EQ(held.code, 4);
    EXPECT_THAT(held.err, HasSubstr("expired before an operator decided"));
    EXPECT_EQ(recorded(shop.kimbap, "approval.decided", "expired"), 1U);

    const auto program = shop.kimbap.start({"call", "shop.refund", "--input", to_json(kRefund)});
    const std::string said = program->wait_for_error("interrupting");
    program->signal(SIGKILL);
    program->wait();
    const std::size_t at = said.find("apr_");
    ASSERT_NE(at, std::string::npos) << said;
    const std::string id = said.substr(at, said.find(')', at) - at);
    eventually("the expiry", [&] {
        return shop.kimbap.json({"approval", "list", "--state", "pending"})
            .at("approvals")
            .as_array()
            .empty();
    });
    EXPECT_EQ(state_of(shop.kimbap, id), "expired");
    EXPECT_EQ(recorded(shop.kimbap, "approval.decided", "expired"), 2U);
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Approvals, AnAgentThatHangsUpWithdraws) {
    Shop shop;
    Serving serving(shop.kimbap);
    const std::string token = shop.kimbap.agent_token("bot");
    std::string id;
    {
        const json::object body =
            parse_json(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{
            "name":"shop_refund","arguments":{"order":"1","amount":1},"_meta":{
            "io.modelcontextprotocol/protocolVersion":"2026-07-28",
            "io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},
            "io.modelcontextprotocol/clientCapabilities":{}}}})")
                .value()
                .as_object();
        auto gone = std::async(std::launch::async, [&] {
            return http(serving.url(), "POST", "/mcp",
                        {{"Authorization", "Bearer " + token},
                         {"Content-Type", "application/json"},
                         {"Accept", "application/json, text/event-stream"},
                         {"MCP-Protocol-Version", "2026-07-28"},
                         {"Mcp-Method", "tools/call"},
                         {"Mcp-Name", "shop_refund"}},
                        to_json(body), 2);
        });
        id = pending_approval(shop.kimbap);
        EXPECT_EQ(gone.get().status, 0);  // it gave up after two seconds
    }
    eventually("the withdrawal", [&] { return state_of(shop.kimbap, id) == "withdrawn"; });
    EXPECT_NE(shop.kimbap.kimbap({"approval", "approve", id}).code, 0);
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Approvals, FourEyesMeansTwoOperators) {
    Shop shop;
    shop.kimbap.policy("shop", R"(version: 1.0.0
rules:
  - {id: two, match: {actions: [shop.refund]}, decision: require_approval, approval: {required: 2}}
)");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    const OperatorClient bob(serving.url(), shop.kimbap.operator_token("bob"));
    const OperatorClient bot(serving.url(), shop.kimbap.operator_token("bot"));
    auto call = std::async(std::launch::async, [&] { return agent.call("shop_refund", kRefund); });
    const std::string target = "/v1/approvals/" + pending_approval(shop.kimbap) + ":approve";
    EXPECT_EQ(bot.post(target).status, 403);  // the requester's own name
    EXPECT_EQ(alice.post(target).status, 200);
    static_cast<void>(alice.post(target));  // saying it twice makes no second pair of eyes
    EXPECT_EQ(state_of(shop.kimbap, pending_approval(shop.kimbap)), "pending");
    EXPECT_EQ(shop.upstream.count(), 0U);
    EXPECT_EQ(bob.post(target).status, 200);
    EXPECT_FALSE(is_error(call.get()));
    EXPECT_EQ(shop.upstream.count(), 1U);
}

TEST(Approvals, SurviveAKillAndRunOnceByWhoeverApproves) {
    Shop shop("approvals: {hold: 100ms}\n");
    std::string id;
    const std::string token = shop.kimbap.agent_token("bot");
    {
        Serving serving(shop.kimbap);
        static_cast<void>(McpClient(serving.url(), token).call("shop_refund", kRefund));
        id = pending_approval(shop.kimbap);
        serving.program().signal(SIGKILL);
        EXPECT_EQ(serving.program().wait(), 128 + SIGKILL);
    }
    shop.kimbap.must({"approval", "approve", id});  // no server runs: it resumes the call itself
    EXPECT_EQ(state_of(shop.kimbap, id), "approved/done");
    EXPECT_EQ(shop.upstream.count(), 1U);
    Serving serving(shop.kimbap);
    const json::object result =
        McpClient(serving.url(), token).call("kimbap_approval_result", {{"approval", id}});
    EXPECT_EQ(result.at("structuredContent").at("state"), "refunded");
    EXPECT_EQ(shop.upstream.count(), 1U);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Approvals, WhoApprovesIsToldWhyTheCallFailed) {
    Shop shop("approvals: {hold: 100ms}\n");
    const std::string token = shop.kimbap.agent_token("bot");
    Serving serving(shop.kimbap);
    static_cast<void>(McpClient(serving.url(), token).call("shop_refund", kRefund));
    const std::string id = pending_approval(shop.kimbap);
    shop.kimbap.must({"vault", "remove", "shop.token"});
    EXPECT_THAT(shop.kimbap.must({"approval", "approve", id}),
                AllOf(HasSubstr("execution failed: "), HasSubstr("kimbap vault set shop.token")));
}

TEST(Approvals, ACrashInTheMiddleLeavesUnknownAndNeverRunsAgain) {
    std::binary_semaphore arrived(0), release(0);
    Shop shop("approvals: {hold: 30s}\n", [&](const Received& request) {
        arrived.release();
        release.acquire();
        return Shop::order(request);
    });
    const std::string token = shop.kimbap.agent_token("bot");
    std::string id;
    {
        Serving serving(shop.kimbap);
        const McpClient agent(serving.url(), token);
        auto call = std::async(std::launch::async, [&] {
            return agent.request("tools/call", {{"name", "shop_refund"}, {"arguments", kRefund}});
        });
        id = pending_approval(shop.kimbap);
        const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
        EXPECT_EQ(alice.post("/v1/approvals/" + id + ":approve").status, 200);
        arrived.acquire();
        serving.program().signal(SIGKILL);
        serving.program().wait();
        call.wait();
    }
    release.release();
    Serving again(shop.kimbap);
    eventually(
        "the lease to lapse", [&] { return state_of(shop.kimbap, id) == "approved/unknown"; },
        std::chrono::seconds{60});
    EXPECT_EQ(shop.upstream.count(), 1U);
    const json::object result =
        McpClient(again.url(), token).call("kimbap_approval_result", {{"approval", id}});
    EXPECT_TRUE(is_error(result));
    EXPECT_THAT(text_of(result), HasSubstr("unknown"));
}

TEST(Approvals, WhatIsSensitiveIsShownToNobody) {
    Shop shop("approvals: {hold: 100ms}\n");
    Serving serving(shop.kimbap);
    static_cast<void>(
        McpClient(serving.url(), shop.kimbap.agent_token("bot")).call("shop_refund", kRefund));
    const std::string id = pending_approval(shop.kimbap);
    EXPECT_THAT(shop.kimbap.must({"approval", "show", id, "--json"}),
                AllOf(HasSubstr("4900"), Not(HasSubstr("4242-4242"))));
    EXPECT_THAT(shop.kimbap.must({"audit", "export"}), Not(HasSubstr("4242-4242")));
    EXPECT_THAT(shop.kimbap.read("data/kimbap.db-wal"), Not(HasSubstr("4242-4242")));
    EXPECT_THAT(serving.program().errors(), Not(HasSubstr("4242-4242")));
}

TEST(Approvals, AStopLetsAnApprovedCallThatRunsFinish) {
    Shop shop("approvals: {hold: 0s}\n", [](const Received& request) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1500});
        return Shop::order(request);
    });
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const std::string first =
        meta_of(agent.call("shop_refund", {{"order", "1"}, {"amount", 5}}), "kimbap/approval");
    const std::string second =
        meta_of(agent.call("shop_refund", {{"order", "2"}, {"amount", 5}}), "kimbap/approval");
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    ASSERT_EQ(alice.post("/v1/approvals/" + first + ":approve").status, 200);
    eventually("the request", [&] { return shop.upstream.count() == 1; });
    EXPECT_EQ(serving.stop(), 0);
    EXPECT_EQ(state_of(shop.kimbap, first), "approved/done");
    EXPECT_EQ(state_of(shop.kimbap, second), "pending");
    EXPECT_EQ(shop.upstream.count(), 1U);
}

}  // namespace
}  // namespace kimbap::test
