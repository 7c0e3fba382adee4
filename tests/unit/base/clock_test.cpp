#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace kimbap {
namespace {

using std::chrono::milliseconds;

TEST(Clock, FormatsAndParsesTimes) {
    struct Case {
        const char* text;
        std::int64_t micros;
    };
    const Case cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T14:05:09.123456Z", 1795442709123456},
        {"2026-11-23T15:05:09.123456+01:00", 1795442709123456},
        {"2026-11-23t14:05:09.1z", 1795442709100000},
        {"2026-11-23", 1795392000000000},
        {"2024-02-29T23:59:59.999999999Z", 1709251199999999},
    };
    for (const Case& c : cases) {
        const auto time = parse_time(c.text);
        ASSERT_TRUE(time) << c.text;
        EXPECT_EQ(to_unix_micros(*time), c.micros) << c.text;
        EXPECT_EQ(parse_time(format_time(*time)), time) << c.text;
    }
    EXPECT_EQ(format_time(from_unix_micros(1795442709123456)), "2026-11-23T14:05:09.123456Z");
}

TEST(Clock, RefusesWhatIsNotATime) {
    for (const char* text : {"", "yesterday", "2026-13-01", "2026-02-30", "2026-11-23T",
                             "2026-11-23T25:00:00Z", "2026-11-23T10:00:00", "2026-11-23T10:00:00.Z",
                             "2026-11-23T10:00:00Zx", "-026-11-23", "2026-11-23T10:00:00+1:00"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

TEST(Clock, ParsesDurations) {
    EXPECT_EQ(parse_duration("250ms"), milliseconds{250});
    EXPECT_EQ(parse_duration("30s"), milliseconds{30'000});
    EXPECT_EQ(parse_duration("1h30m"), milliseconds{5'400'000});
    EXPECT_EQ(parse_duration("7d"), milliseconds{604'800'000});
    EXPECT_EQ(parse_duration("0s"), milliseconds{0});
    for (const char* text : {"", "30", "s", "-1s", "1.5s", "3 s", "10y", "99999999999999999d"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(Clock, FormatsDurationsShortest) {
    EXPECT_EQ(format_duration(milliseconds{90'000}), "1m30s");
    EXPECT_EQ(format_duration(milliseconds{0}), "0s");
    EXPECT_EQ(format_duration(milliseconds{86'400'001}), "1d1ms");
}

}  // namespace
}  // namespace kimbap
