#include <gtest/gtest.h>

#include <map>

#include "unit/policy/support.hpp"

/// What kimbap decides out of the box.
namespace kimbap::policy::test {
namespace {

std::shared_ptr<const PolicySet> shipped() {
    std::ifstream file(KIMBAP_SOURCE_DIR "/internal/policy/default.yaml");
    return load_files({{"default.yaml", std::string(std::istreambuf_iterator<char>(file), {})}});
}

TEST(DefaultPolicyTest, DecidesByRisk) {
    const auto set = shipped();
    const struct {
        const char* risk;
        bool mutating;
        const char* decision;
        std::uint32_t per_minute;  ///< 0: unlimited.
    } rows[] = {
        {"low", false, "allow reads", 600},
        {"low", true, "allow medium-risk", 30},
        {"medium", false, "allow medium-risk", 30},
        {"medium", true, "allow medium-risk", 30},
        {"high", false, "require_approval high-risk-needs-a-human", 0},
        {"high", true, "require_approval high-risk-needs-a-human", 0},
        {"critical", false, "require_approval high-risk-needs-a-human", 0},
        {"critical", true, "require_approval high-risk-needs-a-human", 0},
        {"", false, "deny everything-else", 0},
        {"unheard-of", false, "deny everything-else", 0},
    };
    for (const auto& row : rows) {
        Call call;
        call.risk = row.risk;
        call.mutating = row.mutating;
        EXPECT_EQ(decide(*set, call), row.decision) << row.risk << row.mutating;
        const Rule* rule = set->decide(call.request(), kNow, nullptr).rule;
        ASSERT_NE(rule, nullptr);
        EXPECT_EQ(rule->rate.has_value(), row.per_minute != 0) << row.risk;
        if (!rule->rate) continue;
        EXPECT_EQ(rule->rate->max_requests, row.per_minute);
        EXPECT_EQ(rule->rate->window, std::chrono::seconds{60});
        EXPECT_EQ(rule->rate->scope, Scope::agent);
    }
    EXPECT_EQ(to_string(set->lint()), "");
}

}  // namespace
}  // namespace kimbap::policy::test
