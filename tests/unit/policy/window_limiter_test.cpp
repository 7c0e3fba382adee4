#include "policy/window_limiter.hpp"

#include "unit/policy/support.hpp"

namespace kimbap::policy::test {
namespace {

using namespace std::chrono_literals;

TEST(WindowLimiterTest, GrantsAgainOnceTheOldestIsOutOfTheWindow) {
    WindowLimiter limiter;
    const RateLimit limit{2, 60s, Scope::agent};
    EXPECT_EQ(limiter.ask("a", limit, kNow, true), 0ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow + 10s, true), 0ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow + 20s, true), 40s);
    EXPECT_EQ(limiter.ask("b", limit, kNow + 20s, true), 0ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow + 60s - 1us, true), 1ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow + 60s, true), 0ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow + 60s, true), 10s);
}

TEST(WindowLimiterTest, LookingUsesNothing) {
    WindowLimiter limiter;
    const RateLimit limit{1, 60s, Scope::agent};
    EXPECT_EQ(limiter.ask("a", limit, kNow, false), 0ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow, false), 0ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow, true), 0ms);
    EXPECT_EQ(limiter.ask("a", limit, kNow, false), 60s);
}

}  // namespace
}  // namespace kimbap::policy::test
