#include "base/clock.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

#include "base/failpoint.hpp"

namespace kimbap {

namespace {

using namespace std::chrono;

bool read_digits(std::string_view& text, std::size_t count, int& value) {
    if (text.size() < count) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
    if (error != std::errc{} || end != text.data() + count || text[0] == '-') return false;
    text.remove_prefix(count);
    return true;
}

bool read_char(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

bool read_fraction(std::string_view& text, std::int64_t& micros) {
    std::size_t digits = 0;
    std::int64_t unit = 100'000;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
        micros += (text[digits] - '0') * unit;
        unit /= 10;
        ++digits;
    }
    text.remove_prefix(digits);
    return digits >= 1 && digits <= 9;
}

bool read_offset(std::string_view& text, minutes& offset) {
    if (read_char(text, "Zz")) return true;
    const bool negative = !text.empty() && text[0] == '-';
    int hour = 0;
    int minute = 0;
    if (!read_char(text, "+-") || !read_digits(text, 2, hour) || !read_char(text, ":") ||
        !read_digits(text, 2, minute) || hour > 23 || minute > 59) {
        return false;
    }
    offset = hours{hour} + minutes{minute};
    if (negative) offset = -offset;
    return true;
}

struct Unit {
    std::string_view name;
    std::int64_t millis;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

/// `value` in exactly `count` decimal digits.
void put_digits(std::string& out, std::uint64_t value, std::size_t count) {
    const std::size_t before = out.size();
    out.resize(before + count);
    for (std::size_t at = before + count; at-- > before; value /= 10) {
        out[at] = static_cast<char>('0' + value % 10);
    }
}

}  // namespace

TimePoint SystemClock::now() const {
    return time_point_cast<microseconds>(system_clock::now()) + clock_skew();
}

std::string format_time(TimePoint time) {
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    const int year = static_cast<int>(date.year());
    std::string out;
    if (year < 0 || year > 9999) {  // beyond RFC 3339
        out = std::to_string(year);
    } else {
        put_digits(out, static_cast<std::uint64_t>(year), 4);
    }
    const auto put = [&out](char before, auto value, std::size_t count) {
        out += before;
        put_digits(out, static_cast<std::uint64_t>(value), count);
    };
    out.reserve(out.size() + sizeof "-MM-DDThh:mm:ss.uuuuuuZ");
    put('-', static_cast<unsigned>(date.month()), 2);
    put('-', static_cast<unsigned>(date.day()), 2);
    put('T', clock.hours().count(), 2);
    put(':', clock.minutes().count(), 2);
    put(':', clock.seconds().count(), 2);
    put('.', clock.subseconds().count(), 6);
    out += 'Z';
    return out;
}

std::optional<TimePoint> parse_time(std::string_view text) {
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    if (!read_digits(text, 4, y) || !read_char(text, "-") || !read_digits(text, 2, mo) ||
        !read_char(text, "-") || !read_digits(text, 2, d)) {
        return std::nullopt;
    }
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                              day{static_cast<unsigned>(d)}};
    if (!date.ok()) return std::nullopt;
    std::int64_t micros = 0;
    minutes offset{0};
    if (!text.empty()) {
        if (!read_char(text, "Tt ") || !read_digits(text, 2, h) || !read_char(text, ":") ||
            !read_digits(text, 2, mi) || !read_char(text, ":") || !read_digits(text, 2, s) ||
            h > 23 || mi > 59 || s > 60) {
            return std::nullopt;
        }
        if (read_char(text, ".") && !read_fraction(text, micros)) return std::nullopt;
        if (!read_offset(text, offset) || !text.empty()) return std::nullopt;
    }
    return TimePoint{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + microseconds{micros} -
           offset;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::int64_t total = 0;
    while (!text.empty()) {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || value < 0) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        std::size_t length = 0;
        while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
        const std::string_view unit = text.substr(0, length);
        text.remove_prefix(length);
        std::int64_t millis = 0;
        for (const Unit& known : kUnits) {
            if (known.name == unit) millis = known.millis;
        }
        std::int64_t part = 0;
        if (millis == 0 || __builtin_mul_overflow(value, millis, &part) ||
            __builtin_add_overflow(total, part, &total) ||
            total > std::numeric_limits<std::int64_t>::max() / 1'000'000) {
            return std::nullopt;
        }
    }
    return milliseconds{total};
}

std::string format_duration(std::chrono::milliseconds duration) {
    std::int64_t rest = duration.count();
    if (rest <= 0) return "0s";
    std::string out;
    for (const Unit& unit : kUnits) {
        if (rest >= unit.millis) {
            out += std::to_string(rest / unit.millis);
            out += unit.name;
            rest %= unit.millis;
        }
    }
    return out;
}

}  // namespace kimbap
