#include <gtest/gtest.h>

#include "unit/policy/support.hpp"

namespace kimbap::policy::test {
namespace {

Call sample() {
    Call call;
    call.args = args_of(R"({"amount":9900,"env":"production",
        "a":{"b":[{"c":1},{"c":2}],"d.e":1},
        "x":[{"y":1},{"y":"two"},{"z":3}],
        "same":[{"y":1},{"y":1}],
        "deep":[{"l":[1,2]},{"l":[3]}],
        "rows":[[1,2],[3,4]],
        "user.email":"root@x","user.to":[{"c":2}],"user":{"phone":1},
        "two":{"ways":1},"two.ways":2,"two.way":1,
        "empty":[],"to":["a@in.example","b@out.example"]})");
    call.dotted_args = {"user.email", "user.phone", "user.to"};
    return call;
}

TEST(ConditionTest, FieldsReachWhatTheyName) {
    const struct {
        const char* condition;
        const char* truth;
    } rows[] = {
        {"{field: \"args.a.b[0].c\", operator: eq, value: 1}", "yes"},
        {"{field: \"args.a.b[1].c\", operator: eq, value: 1}", "no"},
        {"{field: \"args.a.b[2].c\", operator: eq, value: 1}", "unknown"},
        {"{field: \"args.a.b[0].q\", operator: exists}", "no"},
        {"{field: args.a.b.c, operator: eq, value: 1}", "unknown"},
        {"{field: \"args.a[0]\", operator: exists}", "no"},
        {"{field: args.amount.x, operator: exists}", "no"},
        {"{field: \"args.amount[0]\", operator: exists, value: false}", "yes"},
        {"{field: \"args.rows[1][0]\", operator: eq, value: 3}", "yes"},
        {"{field: args.b.c, operator: exists}", "no"},
        // Declared arguments whose names have dots.
        {"{field: args.user.email, operator: exists}", "yes"},
        {"{field: args.user.email, operator: exists, value: false}", "no"},
        {"{field: args.user.email, operator: ends_with, value: \"@x\"}", "yes"},
        {"{field: args.user.name, operator: exists}", "no"},
        {"{field: args.user.phone, operator: exists}", "no"},
        {"{field: args.user.phone, operator: eq, value: 1}", "unknown"},
        {"{field: \"args.user.to[*].c\", operator: eq, value: 2}", "yes"},
        // Members of a dotted name, which anybody may send, decide nothing.
        {"{field: args.a.d.e, operator: eq, value: 1}", "unknown"},
        {"{field: args.a.d.e, operator: exists}", "unknown"},
        {"{field: args.a.d.e, operator: exists, value: false}", "unknown"},
        {"{field: args.two.ways, operator: eq, value: 1}", "unknown"},
        {"{field: args.two.ways, operator: gte, value: 1}", "yes"},
        {"{field: args.two.ways, operator: exists}", "yes"},
        {"{field: args.two.way, operator: exists}", "unknown"},
        {"{field: args.two.way, operator: exists, value: false}", "unknown"},
        // Any element: one that fits suffices; one that is undecidable keeps "no" from being sure.
        {"{field: \"args.same[*].y\", operator: eq, value: 1}", "yes"},
        {"{field: \"args.same[*].y\", operator: eq, value: 2}", "no"},
        {"{field: \"args.x[*].y\", operator: eq, value: two}", "yes"},
        {"{field: \"args.x[*].y\", operator: eq, value: 5}", "unknown"},
        {"{field: \"args.deep[*].l[*]\", operator: eq, value: 3}", "yes"},
        {"{field: \"args.deep[*].l[*]\", operator: eq, value: 4}", "no"},
        {"{field: \"args.rows[*][1]\", operator: gt, value: 3}", "yes"},
        {"{field: \"args.empty[*]\", operator: eq, value: 1}", "unknown"},
        {"{field: \"args.empty[*]\", operator: exists}", "no"},
        {"{field: \"args.amount[*]\", operator: eq, value: 9900}", "unknown"},
        {"{field: \"args.to[*]\", operator: ends_with, value: \"@in.example\"}", "yes"},
        {"{not: {field: \"args.to[*]\", operator: ends_with, value: \"@in.example\"}}", "no"},
        {"{field: \"args.to[*]\", operator: ne, value: a@in.example}", "yes"},
        {"{field: \"args.same[*].y\", operator: ne, value: 1}", "no"},
        {"{field: \"args.x[*].y\", operator: exists}", "yes"},
        // The opposite of exists: no element has it.
        {"{field: \"args.x[*].y\", operator: exists, value: false}", "no"},
        {"{field: \"args.x[*].q\", operator: exists, value: false}", "yes"},
        {"{field: \"args.empty[*].q\", operator: exists, value: false}", "yes"},
        // What the request itself says.
        {"{field: agent, operator: eq, value: bot}", "yes"},
        {"{field: token, operator: starts_with, value: tok_}", "yes"},
        {"{field: service, operator: in, value: [shop, cart]}", "yes"},
        {"{field: risk.level, operator: eq, value: low}", "yes"},
        {"{field: risk.mutating, operator: eq, value: false}", "yes"},
        {"{field: risk.mutating, operator: eq, value: \"false\"}", "unknown"},
        {"{field: client.name, operator: glob, value: \"claude*\"}", "yes"},
        {"{field: agent, operator: gt, value: 5}", "unknown"},
        // An action goes by both its names.
        {"{field: action, operator: eq, value: create-order}", "yes"},
        {"{field: action, operator: eq, value: shop.create-order}", "yes"},
        {"{field: action, operator: ne, value: create-order}", "no"},
        {"{field: action, operator: ne, value: shop.create-order}", "no"},
        {"{field: action, operator: ne, value: list}", "yes"},
        {"{field: action, operator: not_in, value: [create-order]}", "no"},
        {"{field: action, operator: not_in, value: [shop.create-order, x]}", "no"},
        {"{field: action, operator: not_in, value: [list]}", "yes"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(truth_of(row.condition, sample()), row.truth) << row.condition;
    }
}

TEST(ConditionTest, RolesAreAList) {
    const struct {
        const char* condition;
        const char* two;   ///< Of a caller with the roles support and ops.
        const char* none;  ///< Of a caller without roles, which is an empty list.
    } rows[] = {
        {"{field: roles, operator: contains, value: ops}", "yes", "no"},
        {"{field: roles, operator: contains, value: op}", "no", "no"},
        {"{field: roles, operator: contains, value: 5}", "unknown", "no"},
        {"{not: {field: roles, operator: contains, value: ops}}", "no", "yes"},
        {"{field: roles, operator: eq, value: ops}", "yes", "no"},
        {"{field: roles, operator: ne, value: ops}", "no", "yes"},
        {"{field: roles, operator: ne, value: admin}", "yes", "yes"},
        {"{field: roles, operator: in, value: [ops, admin]}", "yes", "no"},
        {"{field: roles, operator: not_in, value: [ops, admin]}", "no", "yes"},
        {"{field: roles, operator: not_in, value: [admin]}", "yes", "yes"},
        {"{field: roles, operator: glob, value: \"sup*\"}", "yes", "no"},
        {"{field: roles, operator: starts_with, value: op}", "yes", "no"},
        {"{field: roles, operator: matches, value: \".*\"}", "yes", "no"},
        {"{field: roles, operator: gt, value: a}", "yes", "no"},
        {"{field: roles, operator: exists}", "yes", "no"},
        {"{field: roles, operator: exists, value: false}", "no", "yes"},
    };
    Call two;
    two.roles = {"support", "ops"};
    Call none;
    none.roles = {};
    for (const auto& row : rows) {
        EXPECT_EQ(truth_of(row.condition, two), row.two) << row.condition;
        EXPECT_EQ(truth_of(row.condition, none), row.none) << row.condition;
    }
}

TEST(ConditionTest, RiskLevelsAreOrderedByWhatIsAtStake) {
    const struct {
        const char* condition;
        const char* truths[4];  ///< Of low, medium, high and critical.
    } rows[] = {
        {"operator: gt, value: low", {"no", "yes", "yes", "yes"}},
        {"operator: gt, value: critical", {"no", "no", "no", "no"}},
        {"operator: gte, value: medium", {"no", "yes", "yes", "yes"}},
        {"operator: gte, value: critical", {"no", "no", "no", "yes"}},
        {"operator: lt, value: high", {"yes", "yes", "no", "no"}},
        {"operator: lt, value: low", {"no", "no", "no", "no"}},
        {"operator: lte, value: medium", {"yes", "yes", "no", "no"}},
        {"operator: lte, value: critical", {"yes", "yes", "yes", "yes"}},
        {"operator: ne, value: high", {"yes", "yes", "no", "yes"}},
        {"operator: starts_with, value: h", {"no", "no", "yes", "no"}},
    };
    const char* const levels[] = {"low", "medium", "high", "critical"};
    for (const auto& row : rows) {
        const std::string test = std::string("{field: risk.level, ") + row.condition + "}";
        for (std::size_t i = 0; i < std::size(levels); ++i) {
            Call call;
            call.risk = levels[i];
            EXPECT_EQ(truth_of(test, call), row.truths[i]) << levels[i] << " " << row.condition;
        }
    }
    // What isn't known never helps the caller, nor does a level that doesn't exist.
    for (const char* level : {"", "hgih"}) {
        Call call;
        call.risk = level;
        EXPECT_EQ(truth_of("{field: risk.level, operator: lte, value: high}", call), "unknown");
    }
    // An argument of that name is text like any other.
    Call call;
    call.args = args_of(R"({"risk":{"level":"high"}})");
    EXPECT_EQ(truth_of("{field: args.risk.level, operator: gte, value: medium}", call), "no");
}

TEST(ConditionTest, AnUnnamedClientOrTokenIsAbsent) {
    Call call;
    call.client = "";
    call.token = "";
    EXPECT_EQ(truth_of("{field: client.name, operator: ne, value: evil}", call), "unknown");
    EXPECT_EQ(truth_of("{field: client.name, operator: exists}", call), "no");
    EXPECT_EQ(truth_of("{field: token, operator: eq, value: tok_1}", call), "unknown");
    EXPECT_EQ(truth_of("{field: token, operator: exists, value: false}", call), "yes");
}

/// Y, N and U are conditions that hold, don't, and can't be decided.
TEST(ConditionTest, GroupsAreThreeValued) {
    const std::string y = "{field: args.env, operator: eq, value: production}";
    const std::string n = "{field: args.env, operator: eq, value: test}";
    const std::string u = "{field: args.nowhere, operator: eq, value: 1}";
    const auto make = [&](std::string shape) {
        std::string out;
        for (const char c : shape) {
            out += c == 'Y' ? y : c == 'N' ? n : c == 'U' ? u : std::string(1, c);
        }
        return out;
    };
    const struct {
        const char* shape;
        const char* truth;
    } rows[] = {
        {"{any: [Y, N]}", "yes"},
        {"{any: [N, U]}", "unknown"},
        {"{any: [U, Y]}", "yes"},
        {"{any: [U, U]}", "unknown"},
        {"{any: [N, N]}", "no"},
        {"{all: [Y, Y]}", "yes"},
        {"{all: [Y, U]}", "unknown"},
        {"{all: [U, N]}", "no"},
        {"{all: [N, U]}", "no"},
        {"{all: [Y, N]}", "no"},
        {"{not: [Y]}", "no"},
        {"{not: [N]}", "yes"},
        {"{not: [U]}", "unknown"},
        {"{not: U}", "unknown"},
        {"{not: [Y, N]}", "yes"},
        {"{not: [Y, U]}", "unknown"},
        {"{not: {any: [U, N]}}", "unknown"},
        {"{not: {any: [U, Y]}}", "no"},
        {"{not: {all: [U, N]}}", "yes"},
        {"{any: [{all: [Y, U]}, {not: N}]}", "yes"},
        {"{any: [{all: [Y, U]}, {not: Y}]}", "unknown"},
        {"{all: [{any: [Y, N]}, {not: {all: [Y, N]}}]}", "yes"},
        {"{not: {not: {not: U}}}", "unknown"},
        {"Y, N", "no"},
        {"Y, U", "unknown"},
        {"U, N", "no"},
        {"Y, Y", "yes"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(truth_of(make(row.shape), sample()), row.truth) << row.shape;
    }
}

}  // namespace
}  // namespace kimbap::policy::test
