#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::policy {

/// A time zone from the system's tz database: the transitions of a TZif file (RFC 8536), and its
/// POSIX rule for times after the last one. Immutable.
class TimeZone {
public:
    /// Errors: invalid_config where the bytes are not a TZif file.
    static Result<std::shared_ptr<const TimeZone>> parse(std::string_view tzif);

    /// Offset of local time from UTC at `time`.
    [[nodiscard]] std::chrono::seconds offset_at(TimePoint time) const;

private:
    /// "Mm.w.d/time": the d-th weekday of the w-th week of month m.
    struct Date {
        char kind = 'M';  ///< M, J (1..365, no leap day) or 0 (0..365)
        int month = 0, week = 0, day = 0;
        std::int64_t seconds = 7200;
    };
    bool parse_rule(std::string_view text);
    [[nodiscard]] static std::int64_t when(const Date& date, int year);

    std::vector<std::int64_t> transitions_;
    std::vector<std::int64_t> offsets_;  ///< After the transition of the same index.
    std::int64_t first_offset_ = 0;
    bool has_rule_ = false;
    bool has_summer_ = false;
    std::int64_t standard_ = 0;
    std::int64_t summer_ = 0;
    Date to_summer_;
    Date to_standard_;
};

/// Whether `name` can be a zone of the database ("Europe/Paris"): no way out of its folder.
[[nodiscard]] bool is_zone_name(std::string_view name);

}  // namespace kimbap::policy
