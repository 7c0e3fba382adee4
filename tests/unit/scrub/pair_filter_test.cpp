#include "scrub/pair_filter.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap::scrub {
namespace {

/// A form by the bytes it may begin with and those that may come next; none for any.
struct Form {
    std::string first;
    std::string second;
};

PairFilter filter_of(const std::vector<Form>& forms) {
    PairFilter filter;
    for (std::size_t i = 0; i < forms.size(); ++i) {
        for (const char c : forms[i].first) filter.may_begin(i, c);
        for (const char c : forms[i].second) filter.may_follow(i, c);
        if (forms[i].second.empty()) filter.may_follow_any(i);
    }
    return filter;
}

bool is_escape(char c) {
    return c == '%' || c == '\\';
}

bool may_begin(const std::vector<Form>& forms, char here, char next) {
    if (is_escape(here)) return true;
    for (const Form& form : forms) {
        if (form.first.find(here) == std::string::npos) continue;
        if (form.second.empty() || is_escape(next)) return true;
        if (form.second.find(next) != std::string::npos) return true;
    }
    return false;
}

TEST(PairFilter, PassesOverNoPlaceWhereAFormMayBegin) {
    std::mt19937 random(3);
    constexpr std::string_view kAlphabet = "abcABC012 +/%\\\"\xc3\xa9\xff";
    const auto letter = [&] { return kAlphabet[random() % kAlphabet.size()]; };
    for (int round = 0; round < 2000; ++round) {
        std::vector<Form> forms(random() % 12);
        for (Form& form : forms) {
            form.first = letter();
            if (random() % 4 == 0) form.first += letter();
            if (random() % 5 != 0) form.second = letter();
        }
        const PairFilter filter = filter_of(forms);
        std::string text(random() % 120, ' ');
        for (char& c : text) c = letter();
        for (std::size_t from = 0; from < text.size(); ++from) {
            const std::size_t to = filter.pass_over(text, from);
            ASSERT_GE(to, from);
            ASSERT_LE(to, text.size());
            for (std::size_t at = from; at < to; ++at) {
                ASSERT_LT(at + 1, text.size()) << "the last byte has no next one to tell by";
                ASSERT_FALSE(may_begin(forms, text[at], text[at + 1])) << at << " of " << text;
            }
        }
    }
}

#if defined(__x86_64__)
TEST(PairFilter, StopsNearlyOnlyWhereAFormMayBegin) {
    const PairFilter filter = filter_of({{"g", "h"}, {"Z", "2"}, {" +", "x"}});
    const std::string text = std::string(100, 'g') + std::string(100, 'h');
    EXPECT_EQ(filter.pass_over(text, 0), 99U);
    EXPECT_GE(filter.pass_over(text, 100), 200U - 16U);
    EXPECT_EQ(filter.pass_over("aaaaaaaaaaaaaaaaaaaaaaaaa+xaaaaaaaaaaaaaaaaaaaaaaaaa", 0), 25U);
}
#endif

TEST(PairFilter, TakesTextsOfEveryLength) {
    const PairFilter filter = filter_of({{"g", "h"}});
    for (std::size_t size = 0; size < 70; ++size) {
        const std::string text(size, 'a');
        EXPECT_LE(filter.pass_over(text, 0), size);
        EXPECT_EQ(filter.pass_over(text, size), size);
    }
}

}  // namespace
}  // namespace kimbap::scrub
