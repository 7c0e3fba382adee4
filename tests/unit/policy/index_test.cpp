#include <gtest/gtest.h>

#include <random>

#include "unit/policy/support.hpp"

namespace kimbap::policy::test {
namespace {

/// Short names over a small alphabet, so that rules and calls meet often.
class Names {
public:
    explicit Names(unsigned seed) : random_(seed) {}
    std::size_t below(std::size_t limit) { return random_() % limit; }
    std::string name() {
        static constexpr const char* kNames[] = {"a", "ab", "abc", "b", "a-b", "ab.c", "b.a", "ba"};
        return kNames[below(std::size(kNames))];
    }
    std::string pattern() {
        static constexpr const char* kGlobs[] = {"*",   "a*",  "ab*",  "*b",   "?",
                                                 "a?c", "a.*", "*.a*", "a*.b", "b*a"};
        return below(3) == 0 ? kGlobs[below(std::size(kGlobs))] : name();
    }
    std::string list(const char* key) {
        if (below(3) != 0) return "";
        std::string out = std::string(key) + ": [\"" + pattern() + "\"";
        for (std::size_t more = below(3); more > 0; --more) out += ", \"" + pattern() + "\"";
        return out + "], ";
    }

private:
    std::mt19937 random_;
};

/// The index only saves looking: what it finds is what looking at every rule in turn (as explain
/// does) finds.
TEST(IndexTest, FindsWhatLookingAtEveryRuleFinds) {
    int decided = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        Names names(seed);
        std::string rules;
        for (std::size_t i = 0; i < 1 + seed; ++i) {
            rules += "  - {id: r" + std::to_string(i) + ", match: {" + names.list("agents") +
                     names.list("tokens") + names.list("roles") + names.list("services") +
                     names.list("actions") + "risk: [\"*\"]}, decision: " +
                     (names.below(2) == 0 ? "allow" : "require_approval") + "}\n";
        }
        const auto set = load_rules(rules);
        for (int i = 0; i < 60; ++i) {
            Call call;
            call.action = names.name() + "." + names.name();
            call.agent = names.name();
            call.token = names.name();
            call.roles.clear();
            for (std::size_t more = names.below(3); more > 0; --more) {
                call.roles.push_back(names.name());
            }
            const auto steps = set->explain(call.request(), kNow);
            const Rule* expected = steps.back().decided ? steps.back().rule : nullptr;
            const Rule* found = set->decide(call.request(), kNow, nullptr).rule;
            ASSERT_EQ(found, expected) << "seed " << seed << ", " << call.action << "\n" << rules;
            decided += found != nullptr ? 1 : 0;
        }
    }
    EXPECT_GT(decided, 600);
    EXPECT_LT(decided, 3'500);
}

}  // namespace
}  // namespace kimbap::policy::test
