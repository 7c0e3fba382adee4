#include "oauth/renewal.hpp"

#include <gtest/gtest.h>

namespace kimbap::oauth {
namespace {

using std::chrono::seconds;

constexpr auto kStart = 1'795'435'200'000'000;

Freshness after(seconds life, seconds age, double draw = 0.0) {
    Connection connection;
    connection.obtained_at = from_unix_micros(kStart);
    connection.expires_at = connection.obtained_at + life;
    return freshness(connection, connection.obtained_at + age, draw, {});
}

TEST(Freshness, EndsAMinuteEarly) {
    EXPECT_EQ(after(seconds(3600), seconds(3539)), Freshness::fresh);
    EXPECT_EQ(after(seconds(3600), seconds(3540)), Freshness::due);
    EXPECT_EQ(after(seconds(3600), seconds(3600)), Freshness::expired);
}

TEST(Freshness, IsJitteredUpToThirtySeconds) {
    EXPECT_EQ(after(seconds(3600), seconds(3511), 0.99), Freshness::due);
    EXPECT_EQ(after(seconds(3600), seconds(3509), 0.99), Freshness::fresh);
}

TEST(Freshness, GivesUpAtMostAFifthOfAShortLife) {
    EXPECT_EQ(after(seconds(50), seconds(39), 0.99), Freshness::fresh);
    EXPECT_EQ(after(seconds(50), seconds(40), 0.0), Freshness::due);
}

TEST(Freshness, DoubtsATokenFromTheFuture) {
    EXPECT_EQ(after(seconds(3600), seconds(-59)), Freshness::fresh);
    EXPECT_EQ(after(seconds(3600), seconds(-61)), Freshness::due);
}

TEST(Freshness, LastsWithoutAnEnd) {
    Connection connection;
    EXPECT_EQ(freshness(connection, from_unix_micros(kStart), 0.5, {}), Freshness::fresh);
}

}  // namespace
}  // namespace kimbap::oauth
