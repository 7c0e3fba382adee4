#include <gmock/gmock.h>

#include <future>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRule =
    "version: 1.0.0\nrules:\n  - {id: refunds, match: {actions: [shop.refund]}, decision: "
    "require_approval}\n";

constexpr std::string_view kBearer = "{type: bearer,";

/// "outcome by rule" of a record; "" where it has none.
std::string decision_of(const json::object& record) {
    const json::value* decision = record.if_contains("decision");
    if (decision == nullptr) return "";
    const json::value* rule = decision->as_object().if_contains("rule");
    return std::string(decision->at("outcome").as_string()) +
           (rule == nullptr ? "" : " by " + std::string(rule->as_string()));
}

/// The digest of the policy set that was loaded last.
std::string policy_in_force(const Installation& kimbap) {
    std::string digest;
    for (const json::object& record : kimbap.audit()) {
        if (record.at("kind") == "policy.loaded") {
            digest = record.at("decision").at("policy").as_string().c_str();
        }
    }
    return digest;
}

/// What an operator changes between the request and the approval.
struct Change {
    std::string name;
    std::string file;  ///< "" : the token is revoked.
    std::string from;  ///< "" : the whole file.
    std::string to;
    std::string refusal;                      ///< "" where the call still runs.
    std::string auth = std::string(kBearer);  ///< How the manifest's auth begins before the change.
    std::string decision = "require_approval by refunds";  ///< What the record of its end says.
};

void PrintTo(const Change& change, std::ostream* out) {
    *out << change.name;
}

std::string with_rule(std::string_view rest) {
    return "version: 1.0.0\nrules:\n" + std::string(rest);
}

const std::vector<Change> kChanges{
    {"nothing", "manifests/shop.yaml", "Give the money back", "Give all the money back", ""},
    {"path", "manifests/shop.yaml", "/orders/{order}/refund\n", "/orders/{order}/refunds\n",
     "the action's request changed"},
    {"body", "manifests/shop.yaml", "{amount: \"{amount}\"", "{amount: \"{amount}0\"",
     "the action's request changed"},
    {"method", "manifests/shop.yaml", "method: POST", "method: PUT",
     "the action's request changed"},
    {"base", "manifests/shop.yaml", "/v1\n", "/v2\n", "the action's request changed"},
    {"credential", "manifests/shop.yaml", "credential_ref: shop.token",
     "credential_ref: shop.tokens", "the action's request changed"},
    {"type", "manifests/shop.yaml", "{type: bearer,", "{type: basic,",
     "the action's request changed"},
    {"header", "manifests/shop.yaml", "header_name: X-Key", "header_name: X-Other",
     "the action's request changed", "{type: header, header_name: X-Key,"},
    {"prefix", "manifests/shop.yaml", "prefix: Key", "prefix: Token",
     "the action's request changed", "{type: header, header_name: X-Key, prefix: Key,"},
    {"query", "manifests/shop.yaml", "query_param: key", "query_param: order",
     "the action's request changed", "{type: query, query_param: key,"},
    {"gone", "manifests/shop.yaml", "  refund:\n", "  payback:\n",
     "the action shop.refund changed"},
    {"argument", "manifests/shop.yaml", "required: true, minimum: 1",
     "required: true, minimum: 9999", "the action shop.refund changed"},
    {"default", "manifests/shop.yaml", "{name: card, type: string,",
     "{name: card, type: string, default: \"1\",", "the action's request changed"},
    {"denied", "policy/shop.yaml", "",
     with_rule("  - {id: refunds, match: {actions: [shop.refund]}, decision: deny}\n"),
     "the policy changed", std::string(kBearer), "deny by refunds"},
    {"first", "policy/shop.yaml", "",
     with_rule("  - {id: none, match: {agents: [bot]}, decision: deny, priority: -1}\n"
               "  - {id: refunds, match: {actions: [shop.refund]}, decision: require_approval}\n"),
     "the policy changed", std::string(kBearer), "deny by none"},
    {"rule", "policy/shop.yaml", "",
     with_rule("  - {id: refund, match: {actions: [shop.refund]}, decision: require_approval}\n"),
     "the policy changed", std::string(kBearer), "require_approval by refund"},
    {"allowed", "policy/shop.yaml", "",
     with_rule("  - {id: refunds, match: {actions: [shop.refund]}, decision: allow}\n"),
     "the policy changed", std::string(kBearer), "allow by refunds"},
    {"more_operators", "policy/shop.yaml", "",
     with_rule("  - {id: refunds, match: {actions: [shop.refund]}, decision: require_approval, "
               "approval: {required: 2}}\n"),
     "the policy changed"},
    {"other_approvers", "policy/shop.yaml", "",
     with_rule("  - {id: refunds, match: {actions: [shop.refund]}, decision: require_approval, "
               "approval: {approvers: [cfo]}}\n"),
     "the policy changed"},
    {"more_proof", "policy/shop.yaml", "",
     with_rule("  - {id: refunds, match: {actions: [shop.refund]}, decision: require_approval, "
               "approval: {proof: token}}\n"),
     "the policy changed"},
    {"unrelated_rule", "policy/shop.yaml", "",
     std::string(kRule) + "  - {id: reads, match: {risk: [low]}, decision: allow}\n", ""},
    {"token", "", "", "", "revoked"},
};

class Binding : public testing::TestWithParam<Change> {};

TEST_P(Binding, WhatChangedSinceTheRequestIsNoticed) {
    const Change& change = GetParam();
    Shop shop("approvals: {hold: 0s}\n");
    shop.kimbap.policy("shop", kRule);
    shop.kimbap.must({"vault", "set", "shop.tokens"}, kShopToken);
    std::string manifest = shop.kimbap.read("manifests/shop.yaml");
    manifest.replace(manifest.find(kBearer), kBearer.size(), change.auth);
    shop.kimbap.write("manifests/shop.yaml", manifest);
    Serving serving(shop.kimbap);
    const std::string token = shop.kimbap.agent_token("bot");
    const McpClient agent(serving.url(), token);
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    const std::string id = meta_of(agent.call("shop_refund", {{"order", "1001"}, {"amount", 4900}}),
                                   "kimbap/approval");
    ASSERT_THAT(id, HasSubstr("apr_"));

    const std::size_t before = shop.kimbap.recorded("policy.loaded");
    if (change.file.empty()) {
        const json::value tokens = shop.kimbap.json({"token", "list"});
        for (const json::value& one : tokens.at("tokens").as_array()) {
            if (one.at("name") == "bot") {
                shop.kimbap.must({"token", "revoke", one.at("id").as_string().c_str()});
            }
        }
    } else {
        std::string text = shop.kimbap.read(change.file);
        const std::size_t at = change.from.empty() ? 0 : text.rfind(change.from);
        ASSERT_NE(at, std::string::npos);
        text.replace(at, change.from.empty() ? text.size() : change.from.size(), change.to);
        shop.kimbap.write(change.file, text);
        eventually("the reload", [&] { return shop.kimbap.recorded("policy.loaded") > before; });
    }
    ASSERT_EQ(alice.post("/v1/approvals/" + id + ":approve").status, 200);
    const std::string expected = change.refusal.empty() ? "done" : "failed";
    eventually("the end", [&] {
        const json::value shown = shop.kimbap.json({"approval", "show", id});
        const auto* execution = shown.as_object().if_contains("execution");
        return execution != nullptr && *execution == json::value(expected);
    });
    EXPECT_EQ(shop.upstream.count(), change.refusal.empty() ? 1U : 0U);
    const json::object last = shop.kimbap.audit().back();
    EXPECT_EQ(last.at("kind"), "call.finished");
    EXPECT_EQ(last.at("approval").at("id"), json::value(id));
    EXPECT_EQ(decision_of(last), change.decision);
    EXPECT_EQ(last.at("decision").at("policy"), json::value(policy_in_force(shop.kimbap)));
    if (change.refusal.empty()) return;
    EXPECT_EQ(last.at("execution").at("status"), "denied");
    EXPECT_THAT(to_json(json::value(last)), HasSubstr(change.refusal));
    if (change.file.empty()) return;  // who lost its token collects nothing
    const json::object told = agent.call("kimbap_approval_result", {{"approval", id}});
    EXPECT_TRUE(is_error(told));
    EXPECT_THAT(text_of(told), HasSubstr(change.refusal));
}

INSTANTIATE_TEST_SUITE_P(Every, Binding, testing::ValuesIn(kChanges),
                         [](const auto& info) { return info.param.name; });

TEST(ApprovalBinding, WhatChangesWhileACallIsHeldIsNoticed) {
    for (const std::string denied : {"policy", "manifest"}) {
        Shop shop("approvals: {hold: 30s}\n");
        shop.kimbap.policy("shop", kRule);
        Serving serving(shop.kimbap);
        const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
        auto held = std::async(std::launch::async, [&] {
            return agent.call("shop_refund", {{"order", "1001"}, {"amount", 4900}});
        });
        const std::string id = pending_approval(shop.kimbap);
        const std::size_t before = shop.kimbap.recorded("policy.loaded");
        if (denied == "policy") {
            shop.kimbap.policy(
                "shop",
                with_rule("  - {id: stop, match: {actions: [shop.refund]}, decision: deny}\n"));
        } else {
            std::string text = shop.kimbap.read("manifests/shop.yaml");
            text.replace(text.find("/refund\n"), 8, "/refunds\n");
            shop.kimbap.write("manifests/shop.yaml", text);
        }
        eventually("the reload", [&] { return shop.kimbap.recorded("policy.loaded") > before; });
        shop.kimbap.must({"approval", "approve", id});
        const json::object told = held.get();
        EXPECT_TRUE(is_error(told)) << denied;
        EXPECT_THAT(text_of(told), HasSubstr("Refused: the "));
        EXPECT_EQ(shop.upstream.count(), 0U);
        const json::object last = shop.kimbap.audit().back();
        EXPECT_EQ(last.at("execution").at("status"), "denied");
        EXPECT_EQ(decision_of(last),
                  denied == "policy" ? "deny by stop" : "require_approval by refunds");
    }
}

TEST(ApprovalBinding, WhatChangesWhileACallOfTheCommandLineIsHeldIsNoticed) {
    Shop shop("approvals: {hold: 30s}\n");
    shop.kimbap.policy("shop", kRule);
    const auto call =
        shop.kimbap.start({"call", "shop.refund", "--arg", "order=1", "--arg", "amount=4900"});
    const std::string id = pending_approval(shop.kimbap);
    shop.kimbap.policy(
        "shop", with_rule("  - {id: stop, match: {actions: [shop.refund]}, decision: deny}\n"));
    eventually("the reload", [&] { return shop.kimbap.recorded("policy.loaded") == 1; });
    shop.kimbap.must({"approval", "approve", id});
    EXPECT_EQ(call->wait(), 3);
    EXPECT_THAT(call->errors(), HasSubstr("Refused: the policy changed"));
    EXPECT_EQ(shop.upstream.count(), 0U);
    EXPECT_EQ(decision_of(shop.kimbap.audit().back()), "deny by stop");
}

TEST(ApprovalBinding, ARefusedCallKeepsItsSensitiveArgumentsOutOfTheLog) {
    Shop shop("approvals: {hold: 0s}\n");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const std::string id = meta_of(
        agent.call("shop_refund", {{"order", "1001"}, {"amount", 1}, {"card", "4242-4242"}}),
        "kimbap/approval");
    const std::size_t before = shop.kimbap.recorded("policy.loaded");
    std::string text = shop.kimbap.read("manifests/shop.yaml");
    text.replace(text.find("  refund:\n"), 10, "  payback:\n");
    shop.kimbap.write("manifests/shop.yaml", text);
    eventually("the reload", [&] { return shop.kimbap.recorded("policy.loaded") > before; });
    shop.kimbap.must({"approval", "approve", id});
    const json::object last = shop.kimbap.audit().back();
    ASSERT_EQ(last.at("kind"), "call.finished");
    EXPECT_EQ(last.at("execution").at("status"), "denied");
    EXPECT_EQ(last.at("parameters").at("order"), "1001");
    EXPECT_EQ(to_json(json::value(last)).find("4242"), std::string::npos);
}

TEST(ApprovalBinding, AnotherByteInTheArgumentsIsAnotherRequest) {
    Shop shop("approvals: {hold: 0s}\n");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const auto ask = [&](const char* order, int amount) {
        return meta_of(agent.call("shop_refund", {{"order", order}, {"amount", amount}}),
                       "kimbap/approval");
    };
    const std::string id = ask("1001", 4900);
    EXPECT_EQ(ask("1001", 4900), id);
    EXPECT_NE(ask("1002", 4900), id);
    EXPECT_NE(ask("1001", 4901), id);
}

TEST(ApprovalBinding, AStoredCallWithOneByteChangedDoesNotRun) {
    Shop shop("approvals: {hold: 0s}\n");
    std::string id;
    const std::string token = shop.kimbap.agent_token("bot");
    {
        Serving serving(shop.kimbap);
        const McpClient agent(serving.url(), token);
        id = meta_of(agent.call("shop_refund", {{"order", "1001"}, {"amount", 4900}}),
                     "kimbap/approval");
        serving.stop();
    }
    const Ran changed =
        run_program({"/usr/bin/python3", "-c",
                     "import sqlite3, sys\n"
                     "c = sqlite3.connect(sys.argv[1])\n"
                     "(sealed,) = c.execute('SELECT sealed_call FROM approvals').fetchone()\n"
                     "at = len(sealed) // 2\n"
                     "sealed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1:]\n"
                     "c.execute('UPDATE approvals SET sealed_call = ?', (sealed,))\n"
                     "c.commit()\n",
                     shop.kimbap.path("data/kimbap.db")},
                    {});
    ASSERT_EQ(changed.code, 0) << changed.err;
    Serving serving(shop.kimbap);
    static_cast<void>(shop.kimbap.kimbap({"approval", "approve", id}));
    eventually("the failure", [&] {
        const json::value shown = shop.kimbap.json({"approval", "show", id});
        const auto* execution = shown.as_object().if_contains("execution");
        return execution != nullptr && *execution == json::value("failed");
    });
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(ApprovalBinding, AnAgentFindsItsOwnApprovalsAgain) {
    Shop shop("approvals: {hold: 0s}\n");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const McpClient other(serving.url(), shop.kimbap.agent_token("other"));
    const auto ask = [&](const char* order) {
        return meta_of(agent.call("shop_refund", {{"order", order}, {"amount", 4900}}),
                       "kimbap/approval");
    };
    const std::string first = ask("1001"), second = ask("1002"), denied = ask("1003");
    shop.kimbap.must({"approval", "approve", first});
    shop.kimbap.must({"approval", "deny", denied});
    const json::object found = agent.call("kimbap_approval_result", {});
    EXPECT_FALSE(is_error(found)) << to_json(found);
    const json::array& list = found.at("structuredContent").at("approvals").as_array();
    ASSERT_EQ(list.size(), 2U) << to_json(found);
    EXPECT_EQ(list[0].at("approval"), json::value(second));
    EXPECT_EQ(list[0].at("state"), "pending");
    EXPECT_EQ(list[0].at("parameters").at("order"), "1002");
    EXPECT_EQ(list[1].at("approval"), json::value(first));
    EXPECT_EQ(list[1].at("execution"), "done");
    const std::string resources = to_json(agent.message("resources/list", {}));
    EXPECT_THAT(resources, HasSubstr("kimbap://approvals/" + second));
    EXPECT_THAT(resources, HasSubstr("kimbap://approvals/" + first));
    EXPECT_EQ(to_json(other.message("resources/list", {})).find("kimbap://approvals/"),
              std::string::npos);
    EXPECT_TRUE(other.call("kimbap_approval_result", {})
                    .at("structuredContent")
                    .at("approvals")
                    .as_array()
                    .empty());
}

}  // namespace
}  // namespace kimbap::test
