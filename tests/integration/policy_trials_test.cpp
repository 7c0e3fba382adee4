#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json_text.hpp"
#include "integration/shop.hpp"

/// `kimbap policy test` and `kimbap policy replay`.
namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kTable = R"(calls:
  - {action: shop.get-order, args: {order: "1"}, decision: allow, rule: reads}
  - {name: nobody deletes, action: shop.remove, args: {order: "1"}, decision: deny, rule: no-removal}
  - {action: shop.refund, decision: require_approval}
)";

TEST(PolicyTest, PassesWhereAllIsDecidedAsExpected) {
    Shop shop;
    shop.kimbap.write("table.yaml", kTable);
    const Ran ran = shop.kimbap.kimbap({"policy", "test", "table.yaml"});
    EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
    EXPECT_EQ(ran.out, "3 calls: all decided as expected\n");
    const json::value out = shop.kimbap.json({"policy", "test", "table.yaml"});
    EXPECT_EQ(out.at("passed"), 3);
    EXPECT_EQ(out.at("failed"), 0);
}

TEST(PolicyTest, NamesEachRowThatIsDecidedOtherwise) {
    Shop shop;
    shop.kimbap.write("table.yaml",
                      std::string(kTable) +
                          "  - {action: shop.refund, decision: allow}\n"
                          "  - {name: free, action: shop.get-order, decision: allow, rule: null}\n"
                          "  - {action: x.y, risk: medium, decision: deny, rule: no-removal}\n");
    const Ran ran = shop.kimbap.kimbap({"policy", "test", "table.yaml"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(
        ran.out,
        AllOf(HasSubstr("table.yaml:5:5: shop.refund: expected allow, got require_approval (rule "
                        "refunds)"),
              HasSubstr("table.yaml:6:5: free: expected allow (no rule), got allow (rule reads)"),
              HasSubstr("table.yaml:7:5: x.y: expected deny (rule no-removal), got deny (no rule)"),
              HasSubstr("6 calls: 3 not as expected")));
}

TEST(PolicyTest, CountsAllowancesOnTheTablesClock) {
    const Installation kimbap;
    kimbap.write("limits.yaml",
                 "version: 1.0.0\nrules:\n  - {id: two, rate_limit: {max_requests: 2, window_sec: "
                 "60, scope: agent}, decision: allow}\n");
    kimbap.write("table.yaml", R"(policies: [limits.yaml]
at: "2026-11-27T12:00:00Z"
calls:
  - {action: a.b, risk: low, agent: ann, decision: allow}
  - {action: a.b, risk: low, agent: ann, decision: allow}
  - {action: a.b, risk: low, agent: ann, at: "2026-11-27T12:00:20Z", decision: deny, rule: two, wait_seconds: 40}
  - {action: a.b, risk: low, agent: bob, at: "2026-11-27T12:00:20Z", decision: allow}
  - {action: a.b, risk: low, agent: ann, at: "2026-11-27T12:01:00Z", decision: allow}
)");
    EXPECT_EQ(kimbap.must({"policy", "test", "table.yaml"}), "5 calls: all decided as expected\n");
}

TEST(PolicyTest, TheConfiguredRolesAreThoseOfTheConfiguredAgent) {
    const Installation kimbap("stdio: {agent: desk, roles: [support]}\n");
    kimbap.policy("p",
                  "version: 1.0.0\nrules:\n  - {id: staff, match: {roles: [support]}, decision: "
                  "allow}\n");
    kimbap.write("table.yaml", R"(calls:
  - {action: a.b, risk: low, decision: allow}
  - {action: a.b, risk: low, agent: desk, decision: allow}
  - {action: a.b, risk: low, roles: [], decision: deny}
  - {action: a.b, risk: low, agent: somebody, decision: deny}
  - {action: a.b, risk: low, agent: somebody, roles: [support], decision: allow}
)");
    EXPECT_EQ(kimbap.must({"policy", "test", "table.yaml"}), "5 calls: all decided as expected\n");
}

TEST(PolicyTest, RefusesTablesThatMeanNothing) {
    Shop shop;
    const struct {
        const char* text;
        const char* says;
    } rows[] = {
        {"calls: []\n", "no calls"},
        {"cases: []\n", "table.yaml:1:1: unknown key \"cases\""},
        {"calls:\n  - {action: shop.refund}\n",
         "table.yaml:2:5: calls[0]: \"decision\" is missing"},
        {"calls:\n  - {action: shop.refnd, decision: deny}\n",
         "table.yaml:2:5: no manifest declares shop.refnd"},
        {"calls:\n  - {action: shop.refund, decision: maybe}\n", "(one of: allow, deny"},
        {"calls:\n  - {action: shop.refund, decision: deny, at: noon}\n",
         "calls[0].at: not a time"},
    };
    for (const auto& row : rows) {
        shop.kimbap.write("table.yaml", row.text);
        const Ran ran = shop.kimbap.kimbap({"policy", "test", "table.yaml"});
        EXPECT_EQ(ran.code, 5) << row.text;
        EXPECT_THAT(ran.err, HasSubstr(row.says));
    }
}

TEST(PolicyTest, TheTableInTheDocumentationIsOne) {
    std::ifstream page(std::string(KIMBAP_SOURCE_DIR) + "/docs/policy.md");
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    const std::string fence = "```yaml table\n";
    const std::size_t at = text.find(fence);
    ASSERT_NE(at, std::string::npos);
    const std::size_t start = at + fence.size();
    const Installation kimbap;
    kimbap.write("policy-tests.yaml", text.substr(start, text.find("\n```", start) + 1 - start));
    kimbap.manifest(
        "shop",
        "name: shop\nbase_url: https://shop.example\nactions:\n  create-order: {method: "
        "POST, path: /o, args: [{name: amount, type: integer}]}\n");
    std::filesystem::create_directories(kimbap.path("internal/policy"));
    kimbap.write("internal/policy/p.yaml", R"(version: 1.0.0
rules:
  - {id: large-orders, priority: 1, match: {actions: [shop.create-order], roles: [support]}, conditions: [{field: args.amount, operator: gt, value: 5000}], decision: require_approval}
  - {id: orders, priority: 2, match: {actions: [shop.create-order]}, decision: allow}
)");
    EXPECT_EQ(kimbap.must({"policy", "test", "policy-tests.yaml"}),
              "3 calls: all decided as expected\n");
}

TEST(PolicyReplay, TellsWhatAnotherPolicyWouldHaveDecided) {
    Shop shop("approvals: {hold: 0s}\n");
    const auto call = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "call");
        return shop.kimbap.kimbap(arguments).code;
    };
    EXPECT_EQ(call({"shop.get-order", "--arg", "order=1"}), 0);
    EXPECT_EQ(call({"shop.remove", "--arg", "order=1"}), 3);
    EXPECT_EQ(call({"shop.refund", "--arg", "order=1", "--arg", "amount=5"}), 4);
    EXPECT_EQ(
        call({"shop.refund", "--arg", "order=1", "--arg", "amount=900", "--arg", "card=4242"}), 4);
    // Refused by its token: policy wasn't asked.
    shop.kimbap.environment["KIMBAP_TOKEN"] =
        shop.kimbap.agent_token("bot", {"--action", "shop.remove"});
    EXPECT_EQ(call({"shop.get-order", "--arg", "order=1"}), 3);
    shop.kimbap.environment.clear();
    EXPECT_THAT(shop.kimbap.must({"policy", "replay"}),
                HasSubstr("4 calls decided again: 0 otherwise, 0 alike by another rule"));

    shop.kimbap.write("other.yaml", R"(version: 1.0.0
rules:
  - {id: small, match: {actions: [shop.refund]}, conditions: [{field: args.amount, operator: lt, value: 100}], decision: allow}
  - {id: card, match: {actions: [shop.refund]}, conditions: [{field: args.card, operator: exists}], decision: deny}
  - {id: all-reads, match: {risk: [low]}, decision: allow}
)");
    const Ran ran = shop.kimbap.kimbap({"policy", "replay", "other.yaml"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr("action=shop.refund  was=require_approval (refunds)  now=allow "
                                "(small)\n"),
                      HasSubstr("now=deny (card)  [its arguments are not all in the log]"),
                      HasSubstr("4 calls decided again: 2 otherwise, 2 alike by another rule"),
                      Not(HasSubstr("get-order"))));
    const json::value out = shop.kimbap.json({"policy", "replay", "other.yaml"});
    EXPECT_EQ(out.at("replayed"), 4);
    EXPECT_EQ(out.at("differ"), 2);
    EXPECT_EQ(out.at("differences").as_array().size(), 4U);
    const json::value refunds =
        shop.kimbap.json({"policy", "replay", "other.yaml", "--action", "shop.refund"});
    EXPECT_EQ(refunds.at("replayed"), 2);
    EXPECT_EQ(shop.kimbap.kimbap({"policy", "replay", "--since", "yesterday"}).code, 2);
    EXPECT_EQ(shop.kimbap.kimbap({"policy", "replay", "nowhere.yaml"}).code, 5);
}

}  // namespace
}  // namespace kimbap::test
