#include <gtest/gtest.h>

#include "unit/policy/support.hpp"

namespace kimbap::policy::test {
namespace {

std::string faults_of(const std::vector<PolicyFile>& files) {
    Faults faults;
    const auto set = PolicySet::load(files, read_system_zone, faults);
    EXPECT_EQ(set == nullptr, !faults.empty());
    return to_string(faults);
}

std::string faults_of(const std::string& text) {
    return faults_of(std::vector<PolicyFile>{{"p.yaml", text}});
}

/// Of one rule with this body, at line 3, column 5.
std::string rule_faults(const std::string& body) {
    return faults_of("version: 1.0.0\nrules:\n  - {id: r, decision: allow, " + body + "}\n");
}

TEST(LoaderTest, TheContractsExampleLoads) {
    EXPECT_EQ(faults_of(R"(
version: 1.0.0
rules:
  - id: refunds-need-a-human          # unique over all documents
    description: Money leaves
    priority: 10
    match:
      agents: [support-*]
      tokens: [tok_1]
      roles: [support]
      services: [stripe]
      actions: [create-refund, "stripe.*"]
      risk: [high, critical]
    conditions:
      - {field: args.amount, operator: gt, value: 5000}
      - any: [{field: args.env, operator: eq, value: production}, {field: args.force, operator: eq, value: true}]
    time_window: {after: "09:00", before: "18:00", timezone: Europe/Paris, weekdays: [mon, tue]}
    rate_limit: {max_requests: 10, window_sec: 60, scope: agent}
    decision: require_approval
    approval: {required: 2, expires: 15m, channels: [ops-slack], approvers: [finance, "cfo-*"], proof: token}
)"),
              "");
}

TEST(LoaderTest, EachFaultHasItsPlaceAndItsMend) {
    const struct {
        const char* body;
        const char* fault;
    } rows[] = {
        {"descripton: x",
         "p.yaml:3:30: rules[0]: unknown key \"descripton\" (did you mean "
         "\"description\"?)"},
        {"match: {agent: [x]}", "unknown key \"agent\" (did you mean \"agents\"?)"},
        {"match: {agents: []}", "an empty list never matches (remove the key to match everything)"},
        {"match: {agents: [\"\"]}", "an empty pattern never matches (remove it)"},
        {"match: {risk: [hgih]}", "\"hgih\" is not a risk level (low, medium, high, critical)"},
        {"match: {agents: {a: b}}", "not a list"},
        {"match: [x]", "not a map of keys to values"},
        {"priority: high", "not an integer (expected a whole number)"},
        {"priority: 1.5", "not an integer (expected a whole number)"},
        {"conditions: {field: agent}", "not a list"},
        {"conditions: [{field: args.x, operater: eq, value: 1}]",
         "unknown key \"operater\" (did you mean \"operator\"?)"},
        {"conditions: [{field: args.x, operator: equals, value: 1}]",
         "\"equals\" is not known here (one of: eq, ne, gt"},
        {"conditions: [{field: args.x, operator: eq}]", "\"value\" is missing (add it)"},
        {"conditions: [{operator: eq, value: 1}]", "\"field\" is missing (add it)"},
        {"conditions: [{field: arg.x, operator: eq, value: 1}]", "\"arg.x\" is not a field ("},
        {"conditions: [{field: role, operator: eq, value: a}]", "did you mean \"roles\"?"},
        {"conditions: [{field: risk.levle, operator: eq, value: a}]",
         "did you mean \"risk.level\"?"},
        {"conditions: [{field: args, operator: exists}]", "\"args\" is not a field ("},
        {"conditions: [{field: args., operator: exists}]", "\"args.\" is not a path ("},
        {"conditions: [{field: args.a..b, operator: exists}]", "\"args.a..b\" is not a path ("},
        {"conditions: [{field: args.a., operator: exists}]", "\"args.a.\" is not a path ("},
        {"conditions: [{field: \"args.a[\", operator: exists}]", "\"args.a[\" is not a path ("},
        {"conditions: [{field: \"args.a[x]\", operator: exists}]", "\"args.a[x]\" is not a path ("},
        {"conditions: [{field: \"args.a[-1]\", operator: exists}]", "is not a path ("},
        {"conditions: [{field: \"args.a]\", operator: exists}]", "is not a path ("},
        {"conditions: [{field: \"args.a[0]b\", operator: exists}]", "is not a path ("},
        {"conditions: [{field: args.x, operator: in, value: a}]",
         "not a list of values (write [a, b])"},
        {"conditions: [{field: args.x, operator: not_in, value: []}]",
         "not a list of values (write [a, b])"},
        {"conditions: [{field: args.x, operator: exists, value: 1}]",
         "not a boolean (expected true or false)"},
        {"conditions: [{field: args.x, operator: glob, value: 5}]",
         "not a string (put it in quotes)"},
        {"conditions: [{field: args.x, operator: gt, value: true}]", "not a number ("},
        {"conditions: [{field: risk.level, operator: gte, value: hgih}]",
         "conditions[0].value: \"hgih\" is not a risk level (low, medium, high, critical)"},
        {"conditions: [{not: {field: risk.level, operator: lt, value: 3}}]",
         "3 is not a risk level (low, medium, high, critical)"},
        {"conditions: [{field: args.x, operator: matches, value: \"(\"}]",
         "not a regular expression: missing ): ("},
        {"conditions: [{field: args.x, operator: matches, value: \"(?=a)\"}]",
         "RE2 syntax: no look-around, no back-references"},
        {"conditions: [{field: args.x, operator: matches, value: \"a\\\\1\"}]",
         "not a regular expression: invalid escape sequence"},
        {"conditions: [{any: []}]", "an empty group (add conditions)"},
        {"conditions: [{any: [{field: agent, operator: eq, value: a}], field: agent}]",
         "unknown key \"field\""},
        {"conditions: [{any: x}]", "not a list"},
        {"time_window: {after: 9, before: \"18:00\"}", "\"9\" is not a time of day"},
        {"time_window: {after: \"9:00\"}", "\"9:00\" is not a time of day"},
        {"time_window: {after: \"25:00\"}", "is not a time of day"},
        {"time_window: {after: \"12:60\"}", "is not a time of day"},
        {"time_window: {after: \"24:00\", before: \"06:00\"}", "begins at 24:00"},
        {"time_window: {after: \"09:00\", before: \"09:00\"}", "the window would be empty"},
        {"time_window: {after: \"09:00\", timezone: Europe/Pariss}",
         "\"Europe/Pariss\" is not a time zone of this system"},
        {"time_window: {after: \"09:00\", timezone: ../../../etc/passwd}", "is not a time zone"},
        {"time_window: {after: \"09:00\", timezone: tzdata.zi}", "is not a time zone"},
        {"time_window: {weekdays: [monday]}", "\"monday\" is not known here (one of: sun, mon"},
        {"time_window: {weekdays: []}", "no weekday at all"},
        {"time_window: {zone: UTC}", "unknown key \"zone\""},
        {"rate_limit: {max_requests: 10}", "\"window_sec\" is missing (add it)"},
        {"rate_limit: {max_requests: 0, window_sec: 60}", "out of range (from 1 to 1000000)"},
        {"rate_limit: {max_requests: 1, window_sec: 60, scope: user}",
         "\"user\" is not known here (one of: agent, token, role, action, global)"},
        {"approval: {required: 2}", "only used with decision: require_approval (remove it)"},
        {"rate_limit: 5", "not a map of keys to values"},
    };
    for (const auto& row : rows) {
        const std::string faults = rule_faults(row.body);
        EXPECT_NE(faults.find(row.fault), std::string::npos) << row.body << "\n" << faults;
        EXPECT_TRUE(faults.starts_with("p.yaml:3:")) << faults;
    }
}

TEST(LoaderTest, DocumentsAreChecked) {
    const struct {
        const char* text;
        const char* fault;
    } rows[] = {
        {"", "an empty document (add version and rules)"},
        {"# nothing\n", "an empty document (add version and rules)"},
        {"rules: []\n", "p.yaml:1:1: \"version\" is missing (add it)"},
        {"version: 1.0.0\n", "p.yaml:1:1: \"rules\" is missing (add it)"},
        {"version: 2.0.0\nrules: []\n", "p.yaml:1:10: version: version 2.0.0 is not known (1.0.0)"},
        {"version: 10\nrules: []\n", "version 10 is not known"},
        {"version: \"\"\nrules: []\n", "is not known (1.0.0)"},
        {"version: 1.0.0\nrule: []\n", "unknown key \"rule\" (did you mean \"rules\"?)"},
        {"version: 1.0.0\nrules: {a: b}\n", "not a list"},
        {"version: 1.0.0\nrules: [x]\n", "not a map of keys to values"},
        {"- a\n", "not a map of keys to values"},
        {"version: 1.0.0\nversion: 1.0.0\nrules: []\n", "p.yaml:2:1: duplicate key \"version\""},
        {"version: 1.0.0\nrules: [\n", "not valid YAML"},
        {"version: 1.0.0\nrules: []\n---\nversion: 1.0.0\n", "a second YAML document"},
        {"version: 1.0.0\nrules:\n  - {decision: allow}\n",
         "p.yaml:3:5: rules[0]: \"id\" is missing"},
        {"version: 1.0.0\nrules:\n  - {id: \"\", decision: allow}\n", "an empty id"},
        {"version: 1.0.0\nrules:\n  - {id: a}\n", "p.yaml:3:5: rules[0]: \"decision\" is missing"},
        {"version: 1.0.0\nrules:\n  - {id: a, decision: alow}\n",
         "\"alow\" is not known here (one of: allow, deny, require_approval)"},
        {"version: 1.0.0\nrules:\n  - {id: a, decision: require_approval, approval: {required: "
         "0}}\n",
         "out of range (from 1 to 10)"},
        {"version: 1.0.0\nrules:\n  - {id: a, decision: require_approval, approval: {expires: "
         "15}}\n",
         "not a duration (write it like 15m)"},
        {"version: 1.0.0\nrules:\n  - {id: a, decision: require_approval, approval: {expires: "
         "0s}}\n",
         "not a duration"},
        {"version: 1.0.0\nrules:\n  - {id: a, decision: require_approval, approval: {chanels: "
         "[x]}}\n",
         "did you mean \"channels\"?"},
        {"version: 1.0.0\nrules:\n  - {id: a, decision: require_approval, approval: {approvers: "
         "[]}}\n",
         "an empty list never matches (remove the key to match everything)"},
        {"version: 1.0.0\nrules:\n  - {id: a, decision: require_approval, approval: {proof: "
         "link}}\n",
         "\"link\" is not known here (one of: any, token)"},
    };
    for (const auto& row : rows) {
        const std::string faults = faults_of(row.text);
        EXPECT_NE(faults.find(row.fault), std::string::npos) << row.text << "\n" << faults;
    }
}

TEST(LoaderTest, EveryFaultOfEveryFileIsReportedAtOnce) {
    const std::string faults = faults_of({
        {"a.yaml",
         "version: 1.0.0\nrules:\n"
         "  - {id: a, decision: alow, prioritty: 1}\n"
         "  - {id: b, decision: deny, conditions: [{field: x, operator: y, value: 1}]}\n"},
        {"b.yaml", "version: [\n"},
        {"c.yaml",
         "version: 1.0.0\nrules:\n  - {id: a, decision: deny}\n"
         "  - {id: c, decision: deny}\n  - {id: c, decision: deny}\n"},
    });
    const char* const expected[] = {
        "a.yaml:3:23: rules[0].decision: \"alow\"",
        "a.yaml:3:29: rules[0]: unknown key \"prioritty\"",
        "a.yaml:4:50: rules[1].conditions[0].field: \"x\" is not a field",
        "a.yaml:4:63: rules[1].conditions[0].operator: \"y\"",
        "b.yaml:",
        "c.yaml:3:5: rules[0]: a second rule with id \"a\" (the first is at a.yaml:3)",
        "c.yaml:5:5: rules[2]: a second rule with id \"c\" (the first is at c.yaml:4)",
    };
    std::size_t from = 0;  // in the order of files and lines
    for (const char* one : expected) {
        const std::size_t found = faults.find(one, from);
        EXPECT_NE(found, std::string::npos) << one << "\n" << faults;
        if (found != std::string::npos) from = found;
    }
    EXPECT_EQ(std::count(faults.begin(), faults.end(), '\n'), 6) << faults;
}

TEST(LoaderTest, DepthAndSizeAreBounded) {
    const auto nested = [](int depth) {
        std::string text = "{field: agent, operator: eq, value: a}";
        for (int i = 0; i < depth; ++i) text = "{not: " + text + "}";
        return rule_faults("conditions: [" + text + "]");
    };
    EXPECT_EQ(nested(16), "");
    EXPECT_NE(nested(17).find("nested too deeply (at most 16 levels)"), std::string::npos);
    EXPECT_NE(nested(5'000), "");
    EXPECT_NE(faults_of(std::string(5U << 20, ' ')).find("larger than 4 MiB"), std::string::npos);
    std::string bomb = "version: 1.0.0\na: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        const char before = static_cast<char>(c - 1);
        bomb += std::string(1, c) + ": &" + c + " [";
        for (int i = 0; i < 10; ++i) bomb += std::string(i == 0 ? "" : ", ") + "*" + before;
        bomb += "]\n";
    }
    EXPECT_NE(faults_of(bomb).find("too large or too deeply nested"), std::string::npos);
}

TEST(LoaderTest, TenThousandRulesLoadAndDecide) {
    std::string rules;
    for (int i = 0; i < 10'000; ++i) {
        rules += "  - {id: r" + std::to_string(i) + ", match: {actions: [s.a" + std::to_string(i) +
                 "]}, decision: allow}\n";
    }
    const auto set = load_rules(rules);
    ASSERT_NE(set, nullptr);
    EXPECT_EQ(set->rules().size(), 10'000U);
    Call call;
    call.action = "s.a9999";
    EXPECT_EQ(decide(*set, call), "allow r9999");
    call.action = "s.a10000";
    EXPECT_EQ(decide(*set, call), "deny");
}

}  // namespace
}  // namespace kimbap::policy::test
