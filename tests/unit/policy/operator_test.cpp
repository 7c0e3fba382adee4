#include <gtest/gtest.h>

#include <span>

#include "unit/policy/support.hpp"

/// Every operator on every type: yes, no, or unknown, which never helps the caller.
namespace kimbap::policy::test {
namespace {

struct Row {
    const char* value;      ///< args.v as JSON; "" for absent.
    const char* condition;  ///< operator and value, YAML.
    const char* truth;
};

void check(std::span<const Row> rows) {
    for (const Row& row : rows) {
        SCOPED_TRACE(std::string(row.value) + " " + row.condition);
        Call call;
        if (*row.value != '\0') call.args = args_of(std::string(R"({"v":)") + row.value + "}");
        const std::string test = std::string("{field: args.v, ") + row.condition + "}";
        EXPECT_EQ(truth_of(test, call), row.truth);
        const std::string expected(row.truth);
        const std::string inverse = expected == "yes" ? "no" : expected == "no" ? "yes" : expected;
        EXPECT_EQ(truth_of("{not: [" + test + "]}", call), inverse);
        EXPECT_EQ(truth_of("{not: {not: " + test + "}}", call), expected);
    }
}

constexpr Row kEquality[] = {
    {R"("a")", "operator: eq, value: a", "yes"},
    {R"("a")", "operator: eq, value: b", "no"},
    {R"("a")", "operator: eq, value: A", "no"},
    {R"("5")", "operator: eq, value: 5", "unknown"},
    {R"("5")", "operator: eq, value: \"5\"", "yes"},
    {"5", "operator: eq, value: \"5\"", "unknown"},
    {"5", "operator: eq, value: 5", "yes"},
    {"5", "operator: eq, value: 5.0", "yes"},
    {"5.5", "operator: eq, value: 5", "no"},
    {"true", "operator: eq, value: true", "yes"},
    {"false", "operator: eq, value: true", "no"},
    {"1", "operator: eq, value: true", "unknown"},
    {R"("true")", "operator: eq, value: true", "unknown"},
    {"null", "operator: eq, value: null", "yes"},
    {"null", "operator: eq, value: 0", "unknown"},
    {"0", "operator: eq, value: null", "unknown"},
    {"[1,2]", "operator: eq, value: [1, 2]", "yes"},
    {"[1,2]", "operator: eq, value: [1.0, 2.0]", "yes"},
    {"[1,2]", "operator: eq, value: [2, 1]", "no"},
    {"[1]", "operator: eq, value: 1", "unknown"},
    {R"({"a":1,"b":2})", "operator: eq, value: {b: 2, a: 1}", "yes"},
    {R"({"a":1})", "operator: eq, value: {a: 2}", "no"},
    {R"({"a":1})", "operator: eq, value: [1]", "unknown"},
    {"", "operator: eq, value: a", "unknown"},
    {"", "operator: eq, value: null", "unknown"},
    {R"("a")", "operator: ne, value: b", "yes"},
    {R"("a")", "operator: ne, value: a", "no"},
    {"5", "operator: ne, value: a", "unknown"},
    {"5", "operator: ne, value: 5.0", "no"},
    {"null", "operator: ne, value: 5", "unknown"},
    {"", "operator: ne, value: a", "unknown"},
};

constexpr Row kOrder[] = {
    {"6", "operator: gt, value: 5", "yes"},
    {"5", "operator: gt, value: 5", "no"},
    {"5", "operator: gte, value: 5", "yes"},
    {"4", "operator: gte, value: 5", "no"},
    {"4", "operator: lt, value: 5", "yes"},
    {"5", "operator: lt, value: 5", "no"},
    {"5", "operator: lte, value: 5", "yes"},
    {"6", "operator: lte, value: 5", "no"},
    {"5.5", "operator: gt, value: 5", "yes"},
    {"-1", "operator: lt, value: 0", "yes"},
    {"6", "operator: gt, value: 5.5", "yes"},
    {"1e2", "operator: gte, value: 100", "yes"},
    {R"("6")", "operator: gt, value: 5", "unknown"},
    {"6", "operator: gt, value: \"5\"", "unknown"},
    {R"("b")", "operator: gt, value: a", "yes"},
    {R"("2026-01-02")", "operator: lt, value: \"2026-01-10\"", "yes"},
    {R"("10")", "operator: lt, value: \"9\"", "yes"},  // by bytes
    {"true", "operator: gt, value: 0", "unknown"},
    {"null", "operator: lt, value: 5", "unknown"},
    {"[9]", "operator: gt, value: 5", "unknown"},
    {"{}", "operator: gt, value: 5", "unknown"},
    {"", "operator: gt, value: 5", "unknown"},
    {"", "operator: lte, value: 5", "unknown"},
};

/// Integers of 64 bits against doubles: nothing is rounded on the way.
constexpr Row kExactNumbers[] = {
    {"9007199254740993", "operator: eq, value: 9007199254740992", "no"},
    {"9007199254740993", "operator: gt, value: 9007199254740992.0", "yes"},
    {"9007199254740992", "operator: eq, value: 9007199254740992.0", "yes"},
    {"9007199254740993", "operator: eq, value: 9007199254740992.0", "no"},
    {"9223372036854775807", "operator: lt, value: 9223372036854775808", "yes"},
    {"9223372036854775807", "operator: lt, value: 9223372036854775808.0", "yes"},
    {"9223372036854775807", "operator: eq, value: 9223372036854775808.0", "no"},
    {"18446744073709551615", "operator: gt, value: 18446744073709551614", "yes"},
    {"18446744073709551615", "operator: eq, value: 18446744073709551615", "yes"},
    {"18446744073709551615", "operator: lt, value: 18446744073709551616.0", "yes"},
    {"18446744073709551615", "operator: gt, value: -1", "yes"},
    {"-9223372036854775808", "operator: lt, value: 9223372036854775808", "yes"},
    {"-9223372036854775808", "operator: eq, value: -9223372036854775808.0", "yes"},
    {"0.1", "operator: eq, value: 0.1", "yes"},
    {"-0.0", "operator: eq, value: 0", "yes"},
    {"9007199254740993", "operator: in, value: [9007199254740992.0, 1]", "no"},
};

constexpr Row kLists[] = {
    {R"("a")", "operator: in, value: [a, b]", "yes"},
    {R"("c")", "operator: in, value: [a, b]", "no"},
    {"5", "operator: in, value: [4, 5.0]", "yes"},
    {"5", "operator: in, value: [a, b]", "unknown"},
    {"5", "operator: in, value: [a, 4]", "no"},
    {"5", "operator: in, value: [a, 5]", "yes"},
    {"[1]", "operator: in, value: [[1], [2]]", "yes"},
    {"null", "operator: in, value: [a]", "unknown"},
    {"null", "operator: in, value: [a, null]", "yes"},
    {"", "operator: in, value: [a]", "unknown"},
    {R"("c")", "operator: not_in, value: [a, b]", "yes"},
    {R"("a")", "operator: not_in, value: [a, b]", "no"},
    {"5", "operator: not_in, value: [a, b]", "unknown"},
    {"", "operator: not_in, value: [a]", "unknown"},
    {R"(["a","b"])", "operator: contains, value: a", "yes"},
    {R"(["ab"])", "operator: contains, value: a", "no"},
    {"[1,2]", "operator: contains, value: 2.0", "yes"},
    {"[1,2]", "operator: contains, value: 3", "no"},
    {"[]", "operator: contains, value: 3", "no"},
    {"[[1]]", "operator: contains, value: [1]", "yes"},
    // An element of another type might stand for the value downstream: undecidable, not "no".
    {R"(["5"])", "operator: contains, value: 5", "unknown"},
    {R"(["x", 5])", "operator: contains, value: a", "unknown"},
    {R"([5, "a"])", "operator: contains, value: a", "yes"},
    {R"("abc")", "operator: contains, value: b", "yes"},
    {R"("abc")", "operator: contains, value: B", "no"},
    {R"("abc")", "operator: contains, value: \"\"", "yes"},
    {R"("a5")", "operator: contains, value: 5", "unknown"},
    {"55", "operator: contains, value: 5", "unknown"},
    {R"({"a":1})", "operator: contains, value: a", "unknown"},
    {"null", "operator: contains, value: a", "unknown"},
    {"", "operator: contains, value: a", "unknown"},
};

constexpr Row kText[] = {
    {R"("abc")", "operator: starts_with, value: ab", "yes"},
    {R"("abc")", "operator: starts_with, value: bc", "no"},
    {R"("abc")", "operator: ends_with, value: bc", "yes"},
    {R"("abc")", "operator: ends_with, value: ab", "no"},
    {R"("a")", "operator: ends_with, value: aa", "no"},
    {"5", "operator: starts_with, value: \"5\"", "unknown"},
    {"[1]", "operator: ends_with, value: \"1\"", "unknown"},
    {"", "operator: starts_with, value: a", "unknown"},
    {"", "operator: ends_with, value: a", "unknown"},
    {R"("a/b.c")", "operator: glob, value: \"a*c\"", "yes"},
    {R"("a/b.c")", "operator: glob, value: \"a?b.?\"", "yes"},
    {R"("a/b.c")", "operator: glob, value: \"*b\"", "no"},
    {R"("")", "operator: glob, value: \"*\"", "yes"},
    {"5", "operator: glob, value: \"*\"", "unknown"},
    {"", "operator: glob, value: \"*\"", "unknown"},
    {R"("abc-123")", "operator: matches, value: \"[0-9]+\"", "yes"},
    {R"("abc")", "operator: matches, value: \"[0-9]+\"", "no"},
    {R"("xabc")", "operator: matches, value: \"^abc$\"", "no"},
    {R"("ABC")", "operator: matches, value: \"(?i)^abc$\"", "yes"},
    {R"("zażółć")", "operator: matches, value: \"^za.ó.ć$\"", "yes"},
    {"123", "operator: matches, value: \"[0-9]+\"", "unknown"},
    {"true", "operator: matches, value: \"t\"", "unknown"},
    {"", "operator: matches, value: \".*\"", "unknown"},
};

constexpr Row kExists[] = {
    {R"("a")", "operator: exists", "yes"},
    {"false", "operator: exists", "yes"},
    {"null", "operator: exists", "yes"},
    {"[]", "operator: exists, value: true", "yes"},
    {"", "operator: exists", "no"},
    {"", "operator: exists, value: true", "no"},
    {"", "operator: exists, value: false", "yes"},
    {"0", "operator: exists, value: false", "no"},
};

TEST(OperatorTest, Equality) {
    check(kEquality);
}
TEST(OperatorTest, Order) {
    check(kOrder);
}
TEST(OperatorTest, ExactNumbers) {
    check(kExactNumbers);
}
TEST(OperatorTest, Lists) {
    check(kLists);
}
TEST(OperatorTest, Text) {
    check(kText);
}
TEST(OperatorTest, Exists) {
    check(kExists);
}

TEST(OperatorTest, MatchesInLinearTime) {
    // Exponential in a backtracking engine.
    Call call;
    call.args["v"] = std::string(100'000, 'a') + "!";
    EXPECT_EQ(truth_of("{field: args.v, operator: matches, value: \"^(a+)+$\"}", call), "no");
}

}  // namespace
}  // namespace kimbap::policy::test
