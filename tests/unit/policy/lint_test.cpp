#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "policy/cover.hpp"
#include "policy/match.hpp"
#include "unit/policy/support.hpp"

namespace kimbap::policy::test {
namespace {

using ::testing::HasSubstr;

std::string lint(const std::string& rules) {
    const auto set = load_rules(rules);
    return set ? to_string(set->lint()) : "refused";
}

TEST(LintTest, AGlobCoversWhatItMatchesWhole) {
    const struct {
        const char* outer;
        const char* inner;
        bool covers;
    } rows[] = {
        {"*", "*", true},      {"*", "", true},      {"a*", "ab*", true},    {"a*", "a", true},
        {"a*", "*", false},    {"a?", "ab", true},   {"a?", "a?", true},     {"a?", "a*", false},
        {"a??", "a?*", false}, {"a?*", "a??", true}, {"ab", "a?", false},    {"a*c", "a*b*c", true},
        {"*b*", "a?b", true},  {"a*b", "a*", false}, {"a.*", "a.b.c", true}, {"?*", "*", false},
        {"**", "a*", true},    {"a", "a", true},     {"a", "b", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(glob_covers(row.outer, row.inner), row.covers) << row.outer << " " << row.inner;
    }
}

/// Whether a second rule can never decide after a first one; both say what follows the id.
TEST(LintTest, FindsRulesThatCanNeverDecide) {
    const struct {
        const char* first;
        const char* second;
        bool never;
    } rows[] = {
        {"decision: deny", "decision: deny", true},
        {"match: {actions: [\"shop.*\"]}, decision: deny",
         "match: {actions: [shop.list]}, decision: allow", true},
        {"match: {actions: [shop.list]}, decision: deny",
         "match: {actions: [\"shop.*\"]}, decision: allow", false},
        {"match: {actions: [\"shop.*\"]}, decision: deny",
         "match: {services: [shop], actions: [list]}, decision: allow", true},
        {"match: {actions: [\"shop.*\"]}, decision: deny",
         "match: {services: [shop]}, decision: allow", true},
        {"match: {actions: [\"shop.*\"]}, decision: deny",
         "match: {services: [shop, cart]}, decision: allow", false},
        {"match: {actions: [\"shop.s*\"]}, decision: deny",
         "match: {services: [shop], actions: [\"s*\"]}, decision: allow", false},
        {"match: {services: [shop]}, decision: deny",
         "match: {services: [shop], agents: [a]}, decision: allow", true},
        // An identifier names its service, and a bare name as well.
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [shop.list-orders]}, decision: allow", true},
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [\"shop.*\", \"shop.get-?\"]}, decision: allow", true},
        {"match: {services: [shop]}, decision: deny",
         "match: {services: [shop, cart], actions: [\"shop.*\"]}, decision: allow", true},
        {"match: {services: [\"sh*\"]}, decision: deny",
         "match: {actions: [\"sho*.list\", ship.list]}, decision: allow", true},
        {"match: {services: [shop], actions: [\"list-*\"]}, decision: deny",
         "match: {actions: [\"shop.list-o*\"]}, decision: allow", true},
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [shop.list, cart.list]}, decision: allow", false},
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [shop.list, list]}, decision: allow", false},
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [\"*.list\"]}, decision: allow", false},
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [\"sho?.list\"]}, decision: allow", false},
        // A bare "shop-list" of any service fits both, as does "shopify.list".
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [\"shop*\"]}, decision: allow", false},
        {"match: {services: [shop]}, decision: deny",
         "match: {actions: [\"shop?list\"]}, decision: allow", false},
        {"match: {services: [shop], actions: [\"list-*\"]}, decision: deny",
         "match: {actions: [\"shop.list*\"]}, decision: allow", false},
        {"match: {services: [shop], agents: [a]}, decision: deny",
         "match: {actions: [shop.list]}, decision: allow", false},
        {"match: {services: [shop], agents: [a]}, decision: deny",
         "match: {services: [shop]}, decision: allow", false},
        {"match: {agents: [\"a?\"]}, decision: deny", "match: {agents: [\"a*\"]}, decision: allow",
         false},
        {"match: {risk: [low, medium, high, critical]}, decision: deny", "decision: allow", true},
        {"match: {risk: [low, medium, high]}, decision: deny", "decision: allow", false},
        {"match: {agents: [\"*\"]}, decision: deny", "decision: allow", true},
        // A caller without roles gets past a rule for any role.
        {"match: {roles: [\"*\"]}, decision: deny", "decision: allow", false},
        {"match: {roles: [\"*\"]}, decision: deny", "match: {roles: [ops]}, decision: allow", true},
        {"rate_limit: {max_requests: 1, window_sec: 1}, decision: allow", "decision: allow", true},
        {"time_window: {after: \"09:00\"}, decision: deny", "decision: allow", false},
        {"time_window: {after: \"09:00\"}, decision: deny",
         "time_window: {after: \"09:00\"}, decision: allow", true},
        {"time_window: {after: \"09:00\"}, decision: deny",
         "time_window: {after: \"09:00\", weekdays: [mon]}, decision: allow", true},
        {"time_window: {after: \"09:00\", before: \"18:00\"}, decision: deny",
         "time_window: {after: \"12:30\", before: \"18:00\"}, decision: allow", true},
        {"time_window: {after: \"09:00\", before: \"18:00\"}, decision: deny",
         "time_window: {after: \"08:59\", before: \"18:00\"}, decision: allow", false},
        {"time_window: {after: \"09:00\", before: \"18:00\"}, decision: deny",
         "time_window: {after: \"09:00\", before: \"18:01\"}, decision: allow", false},
        {"time_window: {after: \"09:00\", weekdays: [mon]}, decision: deny",
         "time_window: {after: \"09:00\"}, decision: allow", false},
        // Other zones have other clocks, but always is always.
        {"time_window: {after: \"09:00\"}, decision: deny",
         "time_window: {after: \"10:00\", timezone: Europe/Paris}, decision: allow", false},
        {"time_window: {weekdays: [sun, mon, tue, wed, thu, fri, sat]}, decision: deny",
         "time_window: {after: \"10:00\", timezone: Europe/Paris}, decision: allow", true},
        {"time_window: {timezone: Europe/Paris}, decision: deny", "decision: allow", true},
        // What crosses midnight, and what lies after it.
        {"time_window: {after: \"22:00\", before: \"06:00\"}, decision: deny",
         "time_window: {after: \"23:00\", before: \"05:00\"}, decision: allow", true},
        {"time_window: {after: \"22:00\", before: \"06:00\"}, decision: deny",
         "time_window: {after: \"05:00\", before: \"23:00\"}, decision: allow", false},
        {"time_window: {after: \"22:00\", before: \"06:00\", weekdays: [fri]}, decision: deny",
         "time_window: {before: \"05:00\", weekdays: [sat]}, decision: allow", true},
        {"time_window: {after: \"22:00\", before: \"06:00\", weekdays: [fri]}, decision: deny",
         "time_window: {before: \"05:00\", weekdays: [fri]}, decision: allow", false},
        {"time_window: {weekdays: [mon, tue]}, decision: deny",
         "time_window: {after: \"22:00\", before: \"06:00\", weekdays: [mon]}, decision: allow",
         true},
        {"time_window: {weekdays: [mon, tue]}, decision: deny",
         "time_window: {after: \"22:00\", before: \"06:00\", weekdays: [tue]}, decision: allow",
         false},
        {"conditions: [{field: args.n, operator: gt, value: 1}], decision: deny", "decision: allow",
         false},
        {"conditions: [{field: args.n, operator: gt, value: 1}], decision: deny",
         "conditions: [{field: agent, operator: eq, value: a}, "
         "{field: args.n, operator: gt, value: 1.0}], decision: allow",
         true},
        {"conditions: [{field: args.n, operator: gt, value: 1}], decision: deny",
         "conditions: [{field: args.n, operator: gt, value: 2}], decision: allow", false},
        // Where args.n is absent, the deny rule still decides.
        {"conditions: [{field: args.n, operator: gt, value: 1}], decision: allow",
         "conditions: [{field: args.n, operator: gt, value: 1}], decision: deny", false},
        {"conditions: [{field: args.n, operator: gt, value: 1}], decision: allow",
         "conditions: [{field: args.n, operator: gt, value: 1}], decision: allow", true},
    };
    for (const auto& row : rows) {
        const std::string found = lint(std::string("  - {id: a, priority: 1, ") + row.first +
                                       "}\n  - {id: b, priority: 2, " + row.second + "}\n");
        EXPECT_EQ(found.find("p.yaml:4:5: rule \"b\" can never decide: \"a\" (p.yaml:3)") == 0,
                  row.never)
            << row.first << "\n"
            << row.second << "\n"
            << found;
        EXPECT_EQ(found.empty(), !row.never) << found;
    }
}

TEST(LintTest, WhatIsCoveredIsMatched) {
    const std::vector<std::string> names{"a", "ab", "b", "ba", "a-b"};
    const std::vector<std::string> globs{"*", "a", "ab", "b", "a*", "*b", "?", "a?b", "a-b"};
    std::vector<std::string> actions = globs;
    for (const char* action : {"a.*", "*.b", "a.b", "a*.?", "?.a*", "ab.a-b", "*.*"}) {
        actions.emplace_back(action);
    }
    std::mt19937 random(7);
    const auto some = [&](const std::vector<std::string>& from) {
        std::vector<std::string> out(random() % 3);
        for (std::string& one : out) one = from[random() % from.size()];
        return out;
    };
    int covered = 0;
    for (int i = 0; i < 20'000; ++i) {
        Match outer;
        Match inner;
        for (Match* match : {&outer, &inner}) {
            match->services = some(globs);
            match->actions = some(actions);
        }
        if (!covers(outer, inner)) continue;
        ++covered;
        for (const std::string& service : names) {
            for (const std::string& action : names) {
                Call call;
                call.action = service + "." + action;
                if (!mismatch(inner, call.request()).empty()) continue;
                ASSERT_EQ(mismatch(outer, call.request()), "")
                    << call.action << " " << ::testing::PrintToString(outer.services)
                    << ::testing::PrintToString(outer.actions) << " "
                    << ::testing::PrintToString(inner.services)
                    << ::testing::PrintToString(inner.actions);
            }
        }
    }
    EXPECT_GT(covered, 2'000);
}

TEST(LintTest, FindsConflicts) {
    EXPECT_THAT(lint("  - {id: a, match: {agents: [x]}, decision: deny}\n"
                     "  - {id: b, match: {agents: [x]}, decision: allow}\n"),
                HasSubstr("p.yaml:4:5: rule \"b\" conflicts with \"a\" (p.yaml:3): same priority, "
                          "same match, another decision"));
    const auto two = [](const std::string& first, const std::string& second) {
        const auto set =
            load_files({{"a.yaml", "version: 1.0.0\nrules:\n  - {id: a, " + first + "}\n"},
                        {"b.yaml", "version: 1.0.0\nrules:\n  - {id: b, " + second + "}\n"}});
        return to_string(set->lint());
    };
    EXPECT_THAT(two("match: {agents: [x]}, decision: allow", "decision: deny"),
                HasSubstr("b.yaml:3:5: rule \"b\" conflicts with \"a\" (a.yaml:3): same priority, "
                          "overlapping match, another decision; only the order of the files' names "
                          "decides"));
    EXPECT_EQ(two("match: {agents: [x]}, decision: allow", "priority: 1, decision: deny"), "");
    EXPECT_EQ(two("match: {agents: [x]}, decision: deny", "decision: deny"), "");
    EXPECT_EQ(two("match: {agents: [x]}, decision: allow", "match: {agents: [y]}, decision: deny"),
              "");
    // They need to have but some calls in common.
    const std::string allow = ", decision: allow";
    const std::string deny = ", decision: deny";
    const struct {
        const char* first;
        const char* second;
        bool meet;
    } rows[] = {
        {"match: {agents: [x]}", "match: {services: [s]}", true},
        {"match: {agents: [x], services: [t]}", "match: {services: [s]}", false},
        {"match: {actions: [\"s.a*\"]}", "match: {actions: [\"s.*b\"]}", true},
        {"match: {actions: [\"s.a*\"]}", "match: {actions: [\"s.b*\"]}", false},
        {"match: {actions: [\"s.a*\"]}", "match: {services: [t]}", false},
        {"match: {actions: [\"s*.list\"]}", "match: {services: [\"*t\"], actions: [list]}", true},
        {"match: {actions: [\"s*.list\"]}", "match: {services: [\"*t\"], actions: [get]}", false},
        {"match: {risk: [low, high], agents: [y, x]}",
         "match: {risk: [high, critical], agents: [x]}", true},
        {"match: {risk: [low], agents: [x]}", "match: {risk: [high]}", false},
        {"match: {roles: [a]}", "match: {roles: [b]}", true},
        {"match: {agents: [x]}, conditions: [{field: args.n, operator: lt, value: 5}]",
         "conditions: [{field: args.n, operator: gte, value: 5}]", false},
        {"match: {agents: [x]}, time_window: {after: \"09:00\", before: \"18:00\", timezone: UTC}",
         "time_window: {after: \"18:00\", before: \"09:00\", timezone: UTC}", false},
        {"match: {agents: [x]}, time_window: {after: \"09:00\", before: \"18:00\", timezone: UTC}",
         "time_window: {after: \"17:00\", before: \"09:00\", timezone: UTC}", true},
    };
    for (const auto& row : rows) {
        const std::string found = two(row.first + allow, row.second + deny);
        EXPECT_EQ(found.find("overlapping match") != std::string::npos, row.meet)
            << row.first << " " << row.second << " " << found;
    }
    // In one file, from the narrow to the wide, is how rules are written.
    EXPECT_EQ(lint("  - {id: a, match: {agents: [x]}, decision: allow}\n"
                   "  - {id: b, decision: deny}\n"),
              "");
}

TEST(LintTest, FindsTwinsWhateverTheirConditions) {
    for (const char* test :
         {"args.x, operator: eq, value: 1", "args.x, operator: exists",
          "agent, operator: eq, value: x", "risk.level, operator: eq, value: low"}) {
        for (const auto& [first, second] :
             {std::pair("allow", "deny"), std::pair("deny", "allow")}) {
            const std::string conditions = std::string("conditions: [{field: ") + test + "}], ";
            EXPECT_THAT(lint("  - {id: a, " + conditions + "decision: " + first + "}\n" +
                             "  - {id: b, " + conditions + "decision: " + second + "}\n"),
                        HasSubstr("rule \"b\" conflicts with \"a\""))
                << test << first;
        }
    }
    // What is always decided leaves nothing for the second, whatever it decides.
    const std::string first = "  - {id: a, conditions: [{field: args.x, operator: exists}], ";
    EXPECT_THAT(lint(first + "decision: allow}\n  - {id: b, priority: 101, match: {agents: [x]}, "
                             "conditions: [{field: args.x, operator: exists}], decision: deny}\n"),
                HasSubstr("rule \"b\" can never decide"));
    EXPECT_EQ(
        lint("  - {id: a, conditions: [{field: args.x.y, operator: exists}], decision: allow}\n"
             "  - {id: b, priority: 101, match: {agents: [x]}, conditions: [{field: args.x.y, "
             "operator: exists}], decision: deny}\n"),
        "");
}

TEST(LintTest, SomeTextFitsBothGlobs) {
    const struct {
        const char* one;
        const char* other;
        bool meet;
    } rows[] = {
        {"a", "a", true},
        {"a", "b", false},
        {"a*", "*b", true},
        {"a*", "b*", false},
        {"*a*", "*b*", true},
        {"a?", "?b", true},
        {"a?", "?b?", false},
        {"a*c", "ab*", true},
        {"a*", "a", true},
        {"*", "", true},
        {"?", "*", true},
        {"?*", "a", true},
        {"ab*d", "a*cd", true},
        {"ab*d", "ac*d", false},
        {"*x", "*y", false},
        {"*x*", "?y?", true},
        {"x*y", "?", false},
        {"caf?", "*\xC3\xA9", true},
        {"caf?", "*\xC3\xA9x", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(globs_meet(row.one, row.other), row.meet) << row.one << " " << row.other;
        EXPECT_EQ(globs_meet(row.other, row.one), row.meet) << row.other << " " << row.one;
    }
}

TEST(LintTest, FindsWhatIsOddAboutOneRule) {
    const struct {
        const char* rule;
        const char* message;
    } rows[] = {
        {"match: {services: [shop], actions: [cart.list, \"cart.get-*\"]}, decision: allow",
         "can never decide: its actions belong to none of its services"},
        {"match: {services: [shop], actions: [cart.list, \"*\"]}, decision: allow", ""},
        {"match: {services: [\"ca*\"], actions: [cart.list]}, decision: allow", ""},
        {"match: {risk: [low]}, conditions: [{field: risk.level, operator: eq, value: high}], "
         "decision: deny",
         "can never decide: risk.level in [\"low\"] and risk.level eq \"high\" never both hold"},
        {"match: {agents: [x]}, conditions: [{field: agent, operator: eq, value: y}], decision: "
         "allow",
         "can never decide"},
        {"match: {agents: [\"x*\"]}, conditions: [{field: agent, operator: eq, value: y}], "
         "decision: allow",
         ""},
        {"match: {tokens: [x]}, conditions: [{field: token, operator: eq, value: y}], decision: "
         "deny",
         "can never decide"},
        {"conditions: [{field: token, operator: eq, value: x}, {field: token, operator: eq, value: "
         "y}], decision: deny",
         "decides only where its conditions can't be decided"},
        {"rate_limit: {max_requests: 1, window_sec: 1}, decision: deny",
         "its rate_limit has no effect"},
        {"conditions: [{field: agent, operator: eq, value: 5}], decision: deny",
         "asks for agent eq 5, which can never be decided: agent is a string (put it in quotes)"},
        {"conditions: [{any: [{field: token, operator: in, value: [1, 2]}]}], decision: deny",
         "asks for token in [1,2], which can never be decided"},
        {"conditions: [{field: token, operator: in, value: [1, a]}], decision: deny", ""},
        {"conditions: [{field: risk.mutating, operator: eq, value: \"true\"}], decision: deny",
         "risk.mutating is true or false"},
        {"conditions: [{field: risk.mutating, operator: eq, value: true}], decision: deny", ""},
        {"conditions: [{field: risk.level, operator: in, value: [hgih]}], decision: deny",
         "the levels are low, medium, high and critical"},
        {"conditions: [{field: risk.level, operator: starts_with, value: h}], decision: deny", ""},
        {"conditions: [{field: roles, operator: contains, value: ops}], decision: deny", ""},
        {"conditions: [{field: client.name, operator: exists}], decision: deny", ""},
        {"conditions: [{field: \"args.to[*]\", operator: ne, value: x}], decision: allow",
         "allows where args.to[*] ne \"x\" holds for any one element"},
        {"conditions: [{field: \"args.to[*]\", operator: ne, value: x}], decision: deny", ""},
        {"conditions: [{field: args.n, operator: ne, value: x}], decision: allow", ""},
    };
    for (const auto& row : rows) {
        const std::string found = lint(std::string("  - {id: r, ") + row.rule + "}\n");
        if (*row.message == '\0') {
            EXPECT_EQ(found, "") << row.rule;
        } else {
            EXPECT_THAT(found, HasSubstr(row.message)) << row.rule;
        }
    }
}

/// Whether two conditions are found to rule each other out, whichever comes first.
TEST(LintTest, FindsConditionsThatContradictEachOther) {
    const struct {
        const char* field;
        const char* one;
        const char* other;
        bool contradict;
    } rows[] = {
        {"args.n", "eq, value: 1", "eq, value: 2", true},
        {"args.n", "eq, value: 1", "eq, value: 1.0", false},
        {"args.n", "eq, value: 1", "eq, value: \"1\"", true},
        {"args.n", "eq, value: 1", "ne, value: 1", true},
        {"args.n", "eq, value: 1", "ne, value: 2", false},
        {"args.n", "eq, value: 1", "gt, value: 1", true},
        {"args.n", "eq, value: 1", "gte, value: 1", false},
        {"args.n", "eq, value: 1", "in, value: [2, 3]", true},
        {"args.n", "eq, value: 1", "exists", false},
        {"args.n", "in, value: [1, 2]", "in, value: [3, 4]", true},
        {"args.n", "in, value: [1, 2]", "in, value: [2, 3]", false},
        {"args.n", "in, value: [1, 2]", "not_in, value: [1, 2, 3]", true},
        {"args.n", "in, value: [1, 2]", "lt, value: 2", false},
        {"args.n", "in, value: [a, b]", "matches, value: \"^c\"", true},
        {"args.n", "eq, value: abc", "starts_with, value: ab", false},
        {"args.n", "eq, value: [1, 2]", "contains, value: 3", true},
        {"args.n", "gt, value: 5", "lt, value: 3", true},
        {"args.n", "gt, value: 5", "lt, value: 5", true},
        {"args.n", "gte, value: 5", "lte, value: 5", false},
        {"args.n", "gte, value: 5", "lt, value: 5", true},
        {"args.n", "gt, value: 5", "lte, value: 5", true},
        {"args.n", "gt, value: 5", "lt, value: 6", false},
        {"args.n", "gt, value: 5", "gt, value: 6", false},
        {"args.n", "gt, value: b", "lt, value: a", true},
        {"args.n", "gt, value: 5", "lt, value: \"9\"", true},
        {"args.n", "exists, value: false", "ne, value: 1", true},
        {"args.n", "exists, value: false", "exists, value: true", true},
        {"args.n", "exists, value: false", "exists, value: false", false},
        {"args.n", "ne, value: 1", "ne, value: 2", false},
        {"args.n", "starts_with, value: a", "starts_with, value: b", false},  // not told
        {"args.n[0]", "eq, value: 1", "eq, value: 2", true},
        {"agent", "eq, value: a", "glob, value: \"b*\"", true},
        {"risk.level", "gt, value: high", "lt, value: critical", true},
        {"risk.level", "gt, value: low", "lt, value: high", false},
        {"risk.level", "ne, value: low", "lt, value: medium", true},
        {"risk.level", "eq, value: critical", "gte, value: high", false},
        {"risk.mutating", "ne, value: true", "ne, value: false", true},
        // One that has several values at once may satisfy each test with another.
        {"args.n[*]", "eq, value: 1", "eq, value: 2", false},
        {"roles", "eq, value: a", "eq, value: b", false},
        {"action", "eq, value: list", "eq, value: shop.list", false},
    };
    for (const auto& row : rows) {
        const auto test = [&](const char* what) {
            return std::string("{field: \"") + row.field + "\", operator: " + what + "}";
        };
        const auto pair = [](const std::string& first, const std::string& second) {
            return lint("  - {id: r, conditions: [" + first + ", {all: [" + second +
                        "]}], decision: allow}\n");
        };
        for (const std::string& found :
             {pair(test(row.one), test(row.other)), pair(test(row.other), test(row.one))}) {
            EXPECT_EQ(found.find("p.yaml:3:5: rule \"r\" can never decide: ") == 0, row.contradict)
                << row.field << " " << row.one << " " << row.other << " " << found;
            EXPECT_EQ(found.empty(), !row.contradict) << found;
        }
    }
    const auto decides = [](const std::string& conditions, const std::string& decision) {
        return lint("  - {id: r, conditions: [" + conditions + "], decision: " + decision + "}\n");
    };
    const std::string one = "{field: args.n, operator: eq, value: 1}";
    const std::string two = "{field: args.n, operator: eq, value: 2}";
    EXPECT_THAT(decides(one + ", " + two, "allow"),
                HasSubstr("can never decide: args.n eq 1 and args.n eq 2 never both hold"));
    // Without an n they are undecided, which counts as met.
    EXPECT_THAT(decides(one + ", " + two, "deny"),
                HasSubstr("decides only where its conditions can't be decided: args.n eq 1 and "
                          "args.n eq 2 never both hold"));
    EXPECT_EQ(decides("{any: [" + one + ", " + two + "]}", "allow"), "");
    EXPECT_EQ(decides("{not: [" + one + ", " + two + "]}", "allow"), "");
    EXPECT_EQ(decides(one + ", {field: args.m, operator: eq, value: 2}", "allow"), "");
}

}  // namespace
}  // namespace kimbap::policy::test
