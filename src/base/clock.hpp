#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kimbap {

/// Wall-clock time, UTC, microseconds since the Unix epoch.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

[[nodiscard]] inline TimePoint from_unix_micros(std::int64_t micros) {
    return TimePoint{std::chrono::microseconds{micros}};
}
[[nodiscard]] inline std::int64_t to_unix_micros(TimePoint time) {
    return time.time_since_epoch().count();
}

/// Where the time comes from; injected, so that tests can move it. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual TimePoint now() const = 0;
};

/// The system's real-time clock.
class SystemClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override;
};

/// RFC 3339 in UTC with microseconds: 2026-11-23T14:05:09.123456Z.
[[nodiscard]] std::string format_time(TimePoint time);
/// Parses RFC 3339 (any offset, fraction of up to nine digits, date alone too); nullopt otherwise.
[[nodiscard]] std::optional<TimePoint> parse_time(std::string_view text);

/// Parses a duration such as 250ms, 30s, 15m, 24h, 7d, or a sum (1h30m); a bare number is refused.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The shortest such form: 90s becomes 1m30s.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

}  // namespace kimbap
