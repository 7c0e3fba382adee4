#include "policy/time_zone.hpp"

#include <gtest/gtest.h>

#include "unit/policy/support.hpp"

namespace kimbap::policy::test {
namespace {

TimePoint at(const char* text) {
    const auto time = parse_time(text);
    EXPECT_TRUE(time) << text;
    return time.value_or(kNow);
}

TEST(TimeZoneTest, KnowsOffsetsAroundTransitionsAndFarAway) {
    const struct {
        const char* zone;
        const char* time;
        int minutes;
    } rows[] = {
        {"Europe/Paris", "2026-03-29T00:59:59Z", 60},
        {"Europe/Paris", "2026-03-29T01:00:00Z", 120},
        {"Europe/Paris", "2026-10-25T00:59:59Z", 120},
        {"Europe/Paris", "2026-10-25T01:00:00Z", 60},
        {"America/New_York", "2026-03-08T06:59:59Z", -300},
        {"America/New_York", "2026-03-08T07:00:00Z", -240},
        {"America/New_York", "2026-11-01T05:59:59Z", -240},
        {"America/New_York", "2026-11-01T06:00:00Z", -300},
        // By the file's rule, after its last transition.
        {"Europe/Paris", "2099-07-01T00:00:00Z", 120},
        {"Europe/Paris", "2099-12-31T23:59:59Z", 60},
        {"America/New_York", "2061-07-01T00:00:00Z", -240},
        // Summer lies across the new year; half an hour; winter as the rule's "summer".
        {"Australia/Sydney", "2026-01-01T00:00:00Z", 660},
        {"Australia/Sydney", "2026-07-01T00:00:00Z", 600},
        {"Australia/Lord_Howe", "2060-01-01T00:00:00Z", 660},
        {"Australia/Lord_Howe", "2060-07-01T00:00:00Z", 630},
        {"Europe/Dublin", "2060-01-15T00:00:00Z", 0},
        {"Europe/Dublin", "2060-07-15T00:00:00Z", 60},
        {"Asia/Kathmandu", "2026-07-01T00:00:00Z", 345},
        {"Asia/Tokyo", "2090-07-01T00:00:00Z", 540},
        {"America/St_Johns", "2026-01-01T00:00:00Z", -210},
        {"UTC", "2026-07-01T00:00:00Z", 0},
        {"Etc/GMT+5", "2026-07-01T00:00:00Z", -300},
    };
    for (const auto& row : rows) {
        const auto bytes = read_system_zone(row.zone);
        ASSERT_TRUE(bytes) << row.zone << ": is tzdata installed?";
        const auto zone = TimeZone::parse(*bytes);
        ASSERT_TRUE(zone) << row.zone;
        EXPECT_EQ((*zone)->offset_at(at(row.time)), std::chrono::minutes{row.minutes})
            << row.zone << " " << row.time;
    }
}

TEST(TimeZoneTest, RefusesWhatIsNoZoneFile) {
    EXPECT_FALSE(TimeZone::parse(""));
    EXPECT_FALSE(TimeZone::parse("TZif"));
    EXPECT_FALSE(TimeZone::parse(std::string(4096, '\0')));
    EXPECT_FALSE(TimeZone::parse(std::string(4096, '\xff')));
    // Cut off anywhere, or with any one byte changed, it never reads beyond its end.
    const auto bytes = read_system_zone("Europe/Paris");
    ASSERT_TRUE(bytes);
    std::size_t refused = 0;
    for (std::size_t length = 0; length < bytes->size(); ++length) {
        refused += TimeZone::parse(std::string(*bytes, 0, length)) ? 0 : 1;
    }
    EXPECT_GT(refused, bytes->size() / 2);
    for (std::size_t i = 0; i < bytes->size(); ++i) {
        std::string changed = *bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0xff);
        const auto zone = TimeZone::parse(changed);
        if (zone) static_cast<void>((*zone)->offset_at(at("2050-05-05T05:05:05Z")));
    }
}

TEST(TimeZoneTest, NamesLeadNowhereElse) {
    for (const char* good : {"UTC", "Europe/Paris", "America/Argentina/Ushuaia", "Etc/GMT+5"}) {
        EXPECT_TRUE(is_zone_name(good)) << good;
    }
    for (const char* bad : {"", "/etc/passwd", "../../etc/passwd", "Europe/../../x",
                            "Europe//Paris", "Europe/", "a b", "Europe/Paris\n", "./UTC"}) {
        EXPECT_FALSE(is_zone_name(bad)) << bad;
    }
}

struct WindowRow {
    const char* window;
    const char* time;
    bool inside;
};

void check(std::span<const WindowRow> rows) {
    for (const WindowRow& row : rows) {
        const auto set = load_rules(std::string("  - {id: r, time_window: ") + row.window +
                                    ", decision: allow}\n");
        ASSERT_NE(set, nullptr) << row.window;
        EXPECT_EQ(decide(*set, Call{}, at(row.time)), row.inside ? "allow r" : "deny")
            << row.window << " " << row.time;
    }
}

TEST(TimeWindowTest, IsHalfOpenAndMayCrossMidnight) {
    const WindowRow rows[] = {
        {R"({after: "09:00", before: "18:00"})", "2026-11-23T08:59:59.999999Z", false},
        {R"({after: "09:00", before: "18:00"})", "2026-11-23T09:00:00Z", true},
        {R"({after: "09:00", before: "18:00"})", "2026-11-23T17:59:59.999999Z", true},
        {R"({after: "09:00", before: "18:00"})", "2026-11-23T18:00:00Z", false},
        {R"({after: "22:00", before: "06:00"})", "2026-11-23T21:59:59Z", false},
        {R"({after: "22:00", before: "06:00"})", "2026-11-23T22:00:00Z", true},
        {R"({after: "22:00", before: "06:00"})", "2026-11-24T00:00:00Z", true},
        {R"({after: "22:00", before: "06:00"})", "2026-11-24T05:59:59Z", true},
        {R"({after: "22:00", before: "06:00"})", "2026-11-24T06:00:00Z", false},
        {R"({after: "22:00"})", "2026-11-23T23:59:59Z", true},
        {R"({after: "22:00"})", "2026-11-23T00:00:00Z", false},
        {R"({after: "22:00", before: "24:00"})", "2026-11-23T23:59:59Z", true},
        {R"({after: "22:00", before: "00:00"})", "2026-11-24T00:00:00Z", false},
        {R"({after: "22:00", before: "00:00"})", "2026-11-23T23:59:59Z", true},
        {R"({before: "06:00"})", "2026-11-23T00:00:00Z", true},
        {R"({before: "06:00"})", "2026-11-23T06:00:00Z", false},
    };
    check(rows);
}

TEST(TimeWindowTest, WeekdaysAreThoseOfTheDayItBegan) {
    // 2026-11-23 is a Monday.
    const WindowRow rows[] = {
        {"{weekdays: [mon]}", "2026-11-23T00:00:00Z", true},
        {"{weekdays: [mon]}", "2026-11-22T23:59:59Z", false},
        {"{weekdays: [sat, sun]}", "2026-11-22T12:00:00Z", true},
        {"{weekdays: [sun]}", "2026-11-23T12:00:00Z", false},
        {R"({after: "22:00", before: "06:00", weekdays: [mon]})", "2026-11-23T23:00:00Z", true},
        {R"({after: "22:00", before: "06:00", weekdays: [mon]})", "2026-11-24T05:00:00Z", true},
        {R"({after: "22:00", before: "06:00", weekdays: [mon]})", "2026-11-24T23:00:00Z", false},
        {R"({after: "22:00", before: "06:00", weekdays: [mon]})", "2026-11-23T05:00:00Z", false},
        {R"({after: "22:00", before: "06:00", weekdays: [sun]})", "2026-11-23T05:00:00Z", true},
        {R"({after: "22:00", before: "06:00", weekdays: [sat]})", "2026-11-22T05:00:00Z", true},
        // The weekday where the window is, not in UTC.
        {"{weekdays: [tue], timezone: Asia/Tokyo}", "2026-11-23T15:00:00Z", true},
        {"{weekdays: [mon], timezone: Asia/Tokyo}", "2026-11-23T15:00:00Z", false},
        {"{weekdays: [sun], timezone: America/New_York}", "2026-11-23T04:59:59Z", true},
    };
    check(rows);
}

TEST(TimeWindowTest, FollowsTheZoneThroughTheYear) {
    const char* const paris = R"({after: "09:00", before: "18:00", timezone: Europe/Paris})";
    const char* const paris_gap = R"({after: "02:00", before: "03:00", timezone: Europe/Paris})";
    const char* const paris_night = R"({after: "22:00", before: "03:00", timezone: Europe/Paris})";
    const char* const ny = R"({after: "09:00", before: "17:00", timezone: America/New_York})";
    const char* const ny_twice = R"({after: "01:00", before: "02:00", timezone: America/New_York})";
    const WindowRow rows[] = {
        {paris, "2026-03-28T08:00:00Z", true},  // 09:00 CET
        {paris, "2026-03-28T07:59:59Z", false},
        {paris, "2026-03-29T07:00:00Z", true},  // 09:00 CEST
        {paris, "2026-03-29T06:59:59Z", false},
        {paris, "2026-03-29T16:00:00Z", false},  // 18:00 CEST
        {paris, "2026-10-24T07:00:00Z", true},   // CEST
        {paris, "2026-10-25T07:00:00Z", false},  // 08:00 CET
        {paris, "2026-10-25T08:00:00Z", true},
        // The hour that spring leaves out never comes; the one that autumn has twice counts twice.
        {paris_gap, "2026-03-29T00:59:59Z", false},
        {paris_gap, "2026-03-29T01:00:00Z", false},
        {paris_gap, "2026-10-25T00:00:00Z", true},
        {paris_gap, "2026-10-25T01:30:00Z", true},
        {paris_gap, "2026-10-25T02:00:00Z", false},
        {paris_night, "2026-03-29T00:59:59Z", true},
        {paris_night, "2026-03-29T01:00:00Z", false},  // 03:00 at once
        {paris_night, "2026-10-25T01:59:59Z", true},
        {paris_night, "2026-10-25T02:00:00Z", false},
        {ny, "2026-03-06T14:00:00Z", true},  // 09:00 EST
        {ny, "2026-03-09T13:00:00Z", true},  // 09:00 EDT
        {ny, "2026-03-09T12:59:59Z", false},
        {ny, "2026-10-30T13:00:00Z", true},   // EDT
        {ny, "2026-11-02T13:00:00Z", false},  // 08:00 EST
        {ny, "2026-11-02T14:00:00Z", true},
        {ny_twice, "2026-11-01T05:30:00Z", true},
        {ny_twice, "2026-11-01T06:30:00Z", true},
        {ny_twice, "2026-11-01T07:00:00Z", false},
    };
    check(rows);
}

}  // namespace
}  // namespace kimbap::policy::test
