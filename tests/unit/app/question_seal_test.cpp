#include "app/question_seal.hpp"

#include <gtest/gtest.h>

#include "support/manual_clock.hpp"

namespace kimbap::app {
namespace {

using namespace std::chrono_literals;
using Verdict = QuestionSeal::Verdict;

QuestionSeal seal_with(std::string key = "a key of 32 bytes, more or less.") {
    return QuestionSeal([key]() -> Result<Secret> { return Secret(key); });
}

struct QuestionSealTest : testing::Test {
    Verdict check(std::string_view state, std::string_view binding = "b1") {
        return seal.check(state, binding, clock.now()).value();
    }

    test::ManualClock clock;
    QuestionSeal seal = seal_with();
    std::string state = seal.make("b1", clock.now()).value();
};

TEST_F(QuestionSealTest, IsGoodForItsBindingUntilItLapses) {
    EXPECT_EQ(check(state), Verdict::good);
    EXPECT_EQ(check(state, "b2"), Verdict::foreign);
    EXPECT_EQ(check(state, ""), Verdict::foreign);
    clock.advance(QuestionSeal::kLife - 1us);
    EXPECT_EQ(check(state), Verdict::good);
    clock.advance(1us);
    EXPECT_EQ(check(state), Verdict::lapsed);
    EXPECT_EQ(check(state, "b2"), Verdict::foreign);
}

TEST_F(QuestionSealTest, NoByteOfItCanBeChanged) {
    for (std::size_t i = 0; i < state.size(); ++i) {
        std::string changed = state;
        changed[i] = changed[i] == '1' ? '2' : '1';
        EXPECT_EQ(check(changed), Verdict::foreign) << changed;
        EXPECT_EQ(check(state.substr(0, i)), Verdict::foreign);
    }
    const std::string later = std::to_string(to_unix_micros(clock.now() + 24h));
    EXPECT_EQ(check(later + state.substr(state.find('.'))), Verdict::foreign);
    EXPECT_EQ(check(state + "."), Verdict::foreign);
    EXPECT_EQ(check("."), Verdict::foreign);
}

TEST_F(QuestionSealTest, AnotherVaultsIsForeign) {
    EXPECT_EQ(check(seal_with("another key").make("b1", clock.now()).value()), Verdict::foreign);
    const QuestionSeal none(
        []() -> Result<Secret> { return make_error(Errc::storage_failure, ""); });
    EXPECT_FALSE(none.make("b1", clock.now()));
    EXPECT_FALSE(none.check(state, "b1", clock.now()));
}

}  // namespace
}  // namespace kimbap::app
