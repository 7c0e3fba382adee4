#include "base/glob.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kimbap {
namespace {

TEST(Glob, Table) {
    struct Case {
        const char* pattern;
        const char* text;
        bool matches;
    };
    const Case cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a.b/c", true},
        {"stripe.*", "stripe.create-refund", true},
        {"stripe.*", "stripe", false},
        {"*-bot", "support-bot", true},
        {"*-bot", "support-bots", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a*b*c", "a--b--c", true},
        {"a*b*c", "a--c--b", false},
        {"[a]", "a", false},
        {"[a]", "[a]", true},
        {"**", "x", true},
        {"Abc", "abc", false},
        {"caf?", "caf\u00e9", true},
        {"caf??", "caf\u00e9", false},
        {"?", "\U0001F600", true},
        {"*?", "\u20ac", true},
        {"*??", "\u20ac", false},
        {"*??", "\u20aca", true},
        {"a*?b", "a\u00e9b", true},
        {"?", "\xff", true},
        {"??", "\xc3\x28", true},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
    }
}

TEST(Glob, ManyStarsStayPolynomial) {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "*a";
    EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace kimbap
