#include "oauth/pending_attempts.hpp"

#include <gtest/gtest.h>

namespace kimbap::oauth {
namespace {

TimePoint kStart(std::int64_t micros) {
    return from_unix_micros(micros);
}

AuthorizationAttempt attempt(std::string state, TimePoint at) {
    AuthorizationAttempt out;
    out.state = std::move(state);
    out.started_at = at;
    return out;
}

TEST(PendingAttempts, AreFoundOnceAndByTheirStateAlone) {
    PendingAttempts pending;
    const TimePoint now = kStart(1'000'000'000);
    ASSERT_TRUE(pending.add(attempt("s1", now), now));
    EXPECT_FALSE(pending.take("s2", now));
    EXPECT_FALSE(pending.take("", now));
    EXPECT_TRUE(pending.take("s1", now));
    EXPECT_FALSE(pending.take("s1", now));
}

TEST(PendingAttempts, GrowOld) {
    PendingAttempts pending;
    const TimePoint now = kStart(1'000'000'000);
    ASSERT_TRUE(pending.add(attempt("s1", now), now));
    EXPECT_FALSE(pending.take("s1", now + PendingAttempts::kKeep + std::chrono::seconds(1)));
}

TEST(PendingAttempts, AreBounded) {
    PendingAttempts pending;
    const TimePoint now = kStart(1'000'000'000);
    for (std::size_t i = 0; i < PendingAttempts::kMax; ++i) {
        ASSERT_TRUE(pending.add(attempt("s" + std::to_string(i), now), now));
    }
    EXPECT_FALSE(pending.add(attempt("more", now), now));
    const TimePoint later = now + std::chrono::minutes(11);
    EXPECT_TRUE(pending.add(attempt("more", later), later));
}

}  // namespace
}  // namespace kimbap::oauth
