#include <gtest/gtest.h>

#include <sstream>

#include "unit/policy/support.hpp"

namespace kimbap::policy::test {
namespace {

TEST(EngineTest, NothingIsAllowedWithoutARule) {
    EXPECT_EQ(decide(*load_files({}), Call{}), "deny");
    EXPECT_TRUE(load_files({})->empty());
    EXPECT_EQ(decide(*load_files({{"p.yaml", "version: 1.0.0\nrules: []\n"}}), Call{}), "deny");
    EXPECT_EQ(
        decide(*load_rules("  - {id: a, match: {agents: [other]}, decision: allow}\n"), Call{}),
        "deny");
}

TEST(EngineTest, MatchListsAreOrAndKeysAreAnd) {
    const struct {
        const char* match;
        bool matches;
    } rows[] = {
        {"{}", true},
        {"{agents: [bot]}", true},
        {"{agents: bot}", true},
        {"{agents: [x, bot]}", true},
        {"{agents: [x, y]}", false},
        {"{agents: [BOT]}", false},
        {"{agents: [bot], services: [cart]}", false},
        {"{agents: [bot], services: [shop]}", true},
        {"{tokens: [tok_1]}", true},
        {"{tokens: [\"tok_?\"]}", true},
        {"{tokens: [tok_2]}", false},
        {"{roles: [ops]}", true},
        {"{roles: [admin, \"supp*\"]}", true},
        {"{roles: [admin]}", false},
        {"{risk: [low, medium]}", true},
        {"{risk: [high]}", false},
        {"{risk: [\"*\"]}", true},
        {"{actions: [create-order]}", true},
        {"{actions: [shop.create-order]}", true},
        {"{actions: [create]}", false},
        {"{actions: [cart.create-order]}", false},
        {"{actions: [\"create-*\"]}", true},
        {"{actions: [\"shop.*\"]}", true},
        {"{actions: [\"s*r\"]}", true},
        {"{actions: [\"*.create-order\"]}", true},
        {"{actions: [\"?hop.create*\"]}", true},
        {"{actions: [\"create-order?\"]}", false},
        {"{agents: [bot], tokens: [\"*\"], roles: [\"*\"], services: [shop], actions: [\"*\"], "
         "risk: [low]}",
         true},
        {"{agents: [bot], tokens: [\"*\"], roles: [\"*\"], services: [shop], actions: [\"*\"], "
         "risk: [medium]}",
         false},
    };
    Call call;
    call.roles = {"support", "ops"};
    for (const auto& row : rows) {
        const auto set =
            load_rules(std::string("  - {id: r, match: ") + row.match + ", decision: allow}\n");
        EXPECT_EQ(decide(*set, call), row.matches ? "allow r" : "deny") << row.match;
    }
}

TEST(EngineTest, GlobsCrossSlashesAndDots) {
    const auto set = load_rules(
        "  - {id: r, match: {agents: [\"team/*/bot\"], actions: [\"shop*order\"]}, "
        "decision: allow}\n");
    Call call;
    call.agent = "team/a.b/c/bot";
    EXPECT_EQ(decide(*set, call), "allow r");
    call.agent = "team/bot";
    EXPECT_EQ(decide(*set, call), "deny");
}

TEST(EngineTest, ACallerWithoutRolesIsInNone) {
    const auto set = load_rules("  - {id: r, match: {roles: [\"*\"]}, decision: allow}\n");
    Call call;
    call.roles = {};
    EXPECT_EQ(decide(*set, call), "deny");
}

TEST(EngineTest, PriorityThenFileThenOrderDecides) {
    const auto document = [](const std::string& rules) {
        return "version: 1.0.0\nrules:\n" + rules;
    };
    const auto rule = [](const std::string& id, int priority) {
        return "  - {id: " + id + ", priority: " + std::to_string(priority) +
               ", decision: allow}\n";
    };
    struct Row {
        std::vector<PolicyFile> files;
        const char* decides;
    };
    const Row rows[] = {
        {{{"a.yaml", document(rule("a1", 10) + rule("a2", 5))}}, "a2"},
        {{{"a.yaml", document(rule("a1", 5) + rule("a2", 5))}}, "a1"},
        {{{"a.yaml", document(rule("a1", 0) + rule("a2", -1))}}, "a2"},
        {{{"b.yaml", document(rule("b1", 5))}, {"a.yaml", document(rule("a1", 5))}}, "a1"},
        {{{"a.yaml", document(rule("a1", 5))}, {"b.yaml", document(rule("b1", 4))}}, "b1"},
        // By file name, wherever the folder.
        {{{"x/b.yaml", document(rule("b1", 5))}, {"y/a.yaml", document(rule("a1", 5))}}, "a1"},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(decide(*load_files(row.files), Call{}), std::string("allow ") + row.decides);
    }
    // An absent priority is 0.
    EXPECT_EQ(decide(*load_rules("  - {id: late, priority: 1, decision: deny}\n"
                                 "  - {id: early, decision: allow}\n"),
                     Call{}),
              "allow early");
}

TEST(EngineTest, TheFirstMatchDecidesAndLaterOnesDoNot) {
    const auto set = load_rules(
        "  - {id: big, match: {actions: [create-order]}, "
        "conditions: [{field: args.n, operator: gt, value: 10}], decision: require_approval}\n"
        "  - {id: shop, match: {services: [shop]}, decision: allow}\n"
        "  - {id: no, decision: deny}\n");
    const struct {
        const char* action;
        const char* args;
        const char* decision;
    } rows[] = {
        {"shop.create-order", R"({"n":11})", "require_approval big"},
        {"shop.create-order", R"({"n":10})", "allow shop"},
        {"shop.create-order", "{}", "require_approval big"},
        {"shop.create-order", R"({"n":"11"})", "require_approval big"},
        {"shop.list", R"({"n":11})", "allow shop"},
        {"cart.list", "{}", "deny no"},
    };
    for (const auto& row : rows) {
        Call call;
        call.action = row.action;
        call.args = args_of(row.args);
        EXPECT_EQ(decide(*set, call), row.decision) << row.action << row.args;
    }
}

/// However a rule's names select it, it is found, in its order among the others.
TEST(EngineTest, EveryWayOfNamingACallFindsItsRule) {
    std::string rules;
    for (int i = 0; i < 50; ++i) {
        const std::string n = std::to_string(i);
        rules += "  - {id: a" + n + ", match: {actions: [act" + n + "]}, decision: allow}\n";
        rules += "  - {id: q" + n + ", match: {actions: [s.q" + n + "]}, decision: allow}\n";
        rules += "  - {id: b" + n + ", match: {services: [s" + n + "], actions: [do]}, " +
                 "decision: allow}\n";
        rules += "  - {id: g" + n + ", match: {agents: [agent" + n + "]}, decision: allow}\n";
        rules += "  - {id: t" + n + ", match: {tokens: [tok_x" + n + "]}, decision: allow}\n";
        rules += "  - {id: r" + n + ", match: {roles: [role" + n + "]}, decision: allow}\n";
        rules += "  - {id: p" + n + ", match: {actions: [\"pre" + n + "-*\"]}, decision: allow}\n";
        rules += "  - {id: m" + n + ", match: {services: [multi, m" + n + "], agents: [\"*-m" + n +
                 "\"]}, decision: allow}\n";
    }
    rules += "  - {id: last, match: {services: [\"s4*\"]}, decision: deny}\n";
    const auto set = load_rules(rules);
    const struct {
        const char* action;
        const char* agent;
        const char* token;
        const char* role;
        const char* decision;
    } rows[] = {
        {"z.act7", "x", "", "", "allow a7"},
        {"s.q7", "x", "", "", "allow q7"},
        {"t.q7", "x", "", "", "deny"},
        {"s7.do", "x", "", "", "allow b7"},
        {"s7.other", "x", "", "", "deny"},
        {"z.z", "agent49", "", "", "allow g49"},
        {"z.z", "x", "tok_x0", "", "allow t0"},
        {"z.z", "x", "", "role3", "allow r3"},
        {"z.pre5-any.thing", "x", "", "", "allow p5"},
        {"z.pre5", "x", "", "", "deny"},
        {"z.pre49-", "x", "", "", "allow p49"},
        {"multi.z", "z-m9", "", "", "allow m9"},
        {"m9.z", "z-m9", "", "", "allow m9"},
        {"m8.z", "z-m9", "", "", "deny"},
        {"s44.z", "x", "", "", "deny last"},
        // Several fit: the first in order decides.
        {"z.act7", "agent6", "", "", "allow g6"},
        {"z.act6", "agent7", "", "", "allow a6"},
        {"z.act9", "agent9", "tok_x9", "role9", "allow a9"},
        {"z.act9", "agent9", "tok_x8", "role8", "allow t8"},
        {"z.act9", "agent9", "", "role8", "allow r8"},
    };
    for (const auto& row : rows) {
        Call call;
        call.action = row.action;
        call.agent = row.agent;
        call.token = row.token;
        call.roles =
            *row.role == '\0' ? std::vector<std::string>{} : std::vector<std::string>{row.role};
        EXPECT_EQ(decide(*set, call), row.decision) << row.action << " " << row.agent;
    }
}

TEST(EngineTest, AUsedUpAllowanceDenies) {
    const auto set = load_rules(
        "  - {id: r, rate_limit: {max_requests: 2, window_sec: 60}, decision: allow}\n"
        "  - {id: later, decision: allow}\n");
    FakeLimiter limiter;
    const Call call;
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(set->decide(call.request(), kNow, &limiter).outcome, Outcome::allow);
    }
    const Decision third = set->decide(call.request(), kNow, &limiter);
    EXPECT_EQ(third.outcome, Outcome::deny);
    EXPECT_EQ(third.rule_id(), "r");
    EXPECT_EQ(third.wait, std::chrono::seconds{60});
}

TEST(EngineTest, DeniedAndUnapprovedCallsUseNoAllowance) {
    const auto set = load_rules(
        "  - {id: gate, match: {actions: [gate]}, rate_limit: {max_requests: 1, window_sec: 60}, "
        "decision: require_approval}\n"
        "  - {id: no, match: {actions: [no]}, rate_limit: {max_requests: 1, window_sec: 60}, "
        "decision: deny}\n"
        "  - {id: cond, conditions: [{field: args.x, operator: eq, value: 1}], "
        "rate_limit: {max_requests: 1, window_sec: 60}, decision: allow}\n");
    FakeLimiter limiter;
    Call call;
    call.action = "shop.gate";
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(set->decide(call.request(), kNow, &limiter).outcome, Outcome::require_approval);
    }
    const Rule* gate = set->decide(call.request(), kNow, &limiter).rule;
    EXPECT_EQ(set->take_allowance(*gate, call.request(), kNow, limiter).count(), 0);
    EXPECT_EQ(set->decide(call.request(), kNow, &limiter).outcome, Outcome::deny);
    EXPECT_EQ(set->take_allowance(*gate, call.request(), kNow, limiter), std::chrono::seconds{60});

    const int asked = limiter.asked;
    call.action = "shop.no";
    for (int i = 0; i < 3; ++i) {
        const Decision decision = set->decide(call.request(), kNow, &limiter);
        EXPECT_EQ(decision.outcome, Outcome::deny);
        EXPECT_EQ(decision.wait.count(), 0);
    }
    call.action = "shop.other";  // its condition doesn't hold
    EXPECT_EQ(set->decide(call.request(), kNow, &limiter).rule, nullptr);
    EXPECT_EQ(limiter.asked, asked);
    call.args = args_of(R"({"x":1})");
    EXPECT_EQ(set->decide(call.request(), kNow, nullptr).outcome, Outcome::allow);
    EXPECT_EQ(limiter.asked, asked) << "explaining looks at no allowance";
}

TEST(EngineTest, ScopesShareAnAllowance) {
    const struct {
        const char* scope;
        const char* one;  ///< agent, token, role, action of the first call
        const char* same;
        const char* other;
    } rows[] = {
        {"agent", "a t r x", "a u s y", "b t r x"}, {"token", "a t r x", "b t s y", "a u r x"},
        {"token", "a - r x", "a - s y", "b - r x"},  // without a token: by agent
        {"role", "a t r x", "b u r y", "a t s x"},  {"action", "a t r x", "b u s x", "a t r y"},
        {"global", "a t r x", "b u s y", ""},
    };
    for (const auto& row : rows) {
        const auto set = load_rules(
            std::string("  - {id: r, rate_limit: {max_requests: 1, window_sec: 60, scope: ") +
            row.scope + "}, decision: allow}\n");
        FakeLimiter limiter;
        const auto outcome = [&](const char* words) {
            std::istringstream in(words);
            Call call;
            std::string role;
            std::string action;
            in >> call.agent >> call.token >> role >> action;
            call.roles = {role};
            call.action = "shop." + action;
            if (call.token == "-") call.token = "";
            return set->decide(call.request(), kNow, &limiter).outcome;
        };
        EXPECT_EQ(outcome(row.one), Outcome::allow) << row.scope;
        EXPECT_EQ(outcome(row.same), Outcome::deny) << row.scope;
        if (*row.other == '\0') continue;
        EXPECT_EQ(outcome(row.other), Outcome::allow) << row.scope;
    }
}

TEST(EngineTest, ARoleAllowanceIsThatOfTheRoleThatMatched) {
    const auto set = load_rules(
        "  - {id: r, match: {roles: [ops]}, "
        "rate_limit: {max_requests: 1, window_sec: 60, scope: role}, decision: allow}\n");
    FakeLimiter limiter;
    Call call;
    call.roles = {"first", "ops"};
    EXPECT_EQ(set->decide(call.request(), kNow, &limiter).outcome, Outcome::allow);
    call.roles = {"second", "ops"};
    EXPECT_EQ(set->decide(call.request(), kNow, &limiter).outcome, Outcome::deny);
}

TEST(EngineTest, RulesDoNotShareAllowances) {
    const auto set = load_rules(
        "  - {id: a, match: {actions: [x]}, rate_limit: {max_requests: 1, window_sec: 60}, "
        "decision: allow}\n"
        "  - {id: b, match: {actions: [y]}, rate_limit: {max_requests: 1, window_sec: 60}, "
        "decision: allow}\n");
    FakeLimiter limiter;
    Call call;
    for (const char* action : {"shop.x", "shop.y"}) {
        call.action = action;
        EXPECT_EQ(set->decide(call.request(), kNow, &limiter).outcome, Outcome::allow);
        EXPECT_EQ(set->decide(call.request(), kNow, &limiter).outcome, Outcome::deny);
    }
}

/// tools/list: a caller sees only what policy could let it do.
TEST(EngineTest, ProspectIsWhatPolicyCouldAllow) {
    const struct {
        const char* rules;
        bool possible;
        bool approval;
    } rows[] = {
        {"  - {id: a, decision: allow}\n", true, false},
        {"  - {id: a, decision: deny}\n", false, false},
        {"  - {id: a, decision: require_approval}\n", true, true},
        {"  - {id: a, decision: deny}\n  - {id: b, decision: allow}\n", false, false},
        // What arguments or the time decide stays open.
        {"  - {id: a, conditions: [{field: args.x, operator: eq, value: 1}], decision: deny}\n"
         "  - {id: b, decision: allow}\n",
         true, false},
        {"  - {id: a, time_window: {after: \"09:00\"}, decision: deny}\n"
         "  - {id: b, decision: require_approval}\n",
         true, true},
        {"  - {id: a, conditions: [{field: args.x, operator: eq, value: 1}], decision: allow}\n",
         true, false},
        {"  - {id: a, conditions: [{not: {field: args.x, operator: exists}}], decision: allow}\n",
         true, false},
        // What the caller and the action are does not.
        {"  - {id: a, conditions: [{field: agent, operator: eq, value: bot}], decision: deny}\n"
         "  - {id: b, decision: allow}\n",
         false, false},
        {"  - {id: a, conditions: [{field: agent, operator: eq, value: other}], decision: allow}\n",
         false, false},
        {"  - {id: a, conditions: [{field: risk.mutating, operator: eq, value: true}], "
         "decision: allow}\n",
         false, false},
        {"  - {id: a, conditions: [{field: agent, operator: eq, value: other}, "
         "{field: args.x, operator: eq, value: 1}], decision: allow}\n",
         false, false},
        {"  - {id: a, conditions: [{any: [{field: agent, operator: eq, value: other}, "
         "{field: args.x, operator: eq, value: 1}]}], decision: allow}\n",
         true, false},
        {"  - {id: a, conditions: [{any: [{field: agent, operator: eq, value: bot}, "
         "{field: args.x, operator: eq, value: 1}]}], decision: deny}\n"
         "  - {id: b, decision: allow}\n",
         false, false},
        {"  - {id: a, conditions: [{field: roles, operator: contains, value: admin}], "
         "decision: require_approval}\n",
         false, false},
        {"  - {id: a, conditions: [{not: {field: roles, operator: contains, value: admin}}], "
         "decision: deny}\n  - {id: b, decision: allow}\n",
         false, false},
        // An approval behind an unconditional allow is none.
        {"  - {id: a, decision: allow}\n  - {id: b, decision: require_approval}\n", true, false},
    };
    for (const auto& row : rows) {
        Call call;
        Request request = call.request();
        request.args = nullptr;
        const auto prospect = load_rules(row.rules)->prospect(request);
        EXPECT_EQ(prospect.possible, row.possible) << row.rules;
        EXPECT_EQ(prospect.approval, row.approval) << row.rules;
    }
}

TEST(EngineTest, ExplainSaysWhyEachRuleDidOrDidNot) {
    const auto set = load_rules(
        "  - {id: other, match: {agents: [x]}, decision: deny}\n"
        "  - {id: night, time_window: {after: \"22:00\", before: \"06:00\"}, decision: deny}\n"
        "  - {id: small, conditions: [{field: args.n, operator: lt, value: 5}], decision: allow}\n"
        "  - {id: gone, conditions: [{field: args.q, operator: eq, value: 5}], decision: allow}\n"
        "  - {id: big, conditions: [{field: \"args.o.n\", operator: gte, value: 5}], "
        "rate_limit: {max_requests: 3, window_sec: 60}, decision: allow}\n"
        "  - {id: never-reached, decision: deny}\n");
    Call call;
    call.args = args_of(R"({"n":9,"o":{"n":7}})");
    const auto steps = set->explain(call.request(), kNow);
    ASSERT_EQ(steps.size(), 5U);
    const char* expected[] = {
        "match.agents does not fit", "outside its time window", "args.n lt 5 (is 9) does not hold",
        "args.q eq 5 (absent) cannot be decided (undecided conditions never allow)",
        "args.o.n gte 5 (is 7) holds; rate limit: 3 in 60 s per agent"};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(steps[i].why, expected[i]);
        EXPECT_EQ(steps[i].decided, i == 4);
    }
}

TEST(EngineTest, ExplainShowsThatACallerHasNoRoles) {
    const auto set = load_rules(
        "  - {id: a, conditions: [{field: roles, operator: contains, value: ops}], decision: "
        "deny}\n"
        "  - {id: b, conditions: [{field: roles, operator: exists}], decision: deny}\n");
    Call call;
    call.roles = {};
    const auto steps = set->explain(call.request(), kNow);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0].why, "roles contains \"ops\" (is []) does not hold");
    EXPECT_EQ(steps[1].why, "roles exists true (is []) does not hold");
}

TEST(EngineTest, TheDigestIsThatOfTheRules) {
    const std::string rule = "  - {id: a, decision: allow}\n";
    const auto base = load_rules(rule)->digest();
    EXPECT_EQ(base.size(), 64U);
    EXPECT_EQ(load_rules("  # a comment\n  - decision: allow\n    id: a\n")->digest(), base);
    EXPECT_NE(load_rules("  - {id: a, decision: deny}\n")->digest(), base);
    EXPECT_NE(load_rules("  - {id: a, priority: 1, decision: allow}\n")->digest(), base);
    EXPECT_NE(load_rules(rule + "  - {id: b, decision: allow}\n")->digest(), base);
}

}  // namespace
}  // namespace kimbap::policy::test
