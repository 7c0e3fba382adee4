#include "manifests/attempts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/text.hpp"

namespace kimbap::manifests {

namespace {

using std::chrono::milliseconds;

struct DateParts {
    int year = 0, day = 0, hour = 0, minute = 0, second = 0;
    std::array<char, 4> month{};
};

/// The three forms of RFC 9110 section 5.6.7, all of which recipients have to take.
std::optional<DateParts> date_parts(const std::string& text, TimePoint now) {
    DateParts p;
    char* const month = p.month.data();
    int end = 0;
    const auto whole = [&](int fields) {
        return fields == 6 && end == static_cast<int>(text.size());
    };
    if (whole(std::sscanf(text.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT%n", &p.day, month,
                          &p.year, &p.hour, &p.minute, &p.second, &end)) ||
        whole(std::sscanf(text.c_str(), "%*3s %3s %2d %2d:%2d:%2d %4d%n", month, &p.day, &p.hour,
                          &p.minute, &p.second, &p.year, &end))) {
        return p;
    }
    if (!whole(std::sscanf(text.c_str(), "%*[A-Za-z], %2d-%3s-%2d %2d:%2d:%2d GMT%n", &p.day, month,
                           &p.year, &p.hour, &p.minute, &p.second, &end))) {
        return std::nullopt;
    }
    // A year of two digits that seems more than 50 years ahead is one of the past.
    const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
    const int this_year = static_cast<int>(today.year());
    p.year += this_year / 100 * 100;
    if (p.year > this_year + 50) p.year -= 100;
    return p;
}

std::optional<TimePoint> parse_http_date(std::string_view text, TimePoint now) {
    const auto parts = date_parts(std::string(text), now);
    if (!parts) return std::nullopt;
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::size_t index = months.find(parts->month.data());
    if (index == std::string_view::npos || index % 3 != 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{parts->year},
                                           std::chrono::month{static_cast<unsigned>(index / 3 + 1)},
                                           std::chrono::day{static_cast<unsigned>(parts->day)}};
    // 60 is a leap second.
    if (!date.ok() || parts->hour > 23 || parts->minute > 59 || parts->second > 60) {
        return std::nullopt;
    }
    return TimePoint{std::chrono::sys_days{date}} + std::chrono::hours{parts->hour} +
           std::chrono::minutes{parts->minute} + std::chrono::seconds{parts->second};
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view text, TimePoint now) {
    text = trim(text);
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
        constexpr std::int64_t forever = 10'000'000;
        std::int64_t seconds = 0;
        const auto error = std::from_chars(text.data(), text.data() + text.size(), seconds).ec;
        return milliseconds{(error == std::errc{} ? std::min(seconds, forever) : forever) * 1000};
    }
    const auto date = parse_http_date(text, now);
    if (!date) return std::nullopt;
    return std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(*date - now));
}

std::optional<milliseconds> next_attempt(const Action& action, const Attempt& attempt,
                                         TimePoint now, double jitter) {
    if (attempt.number >= action.retry.max_attempts) return std::nullopt;
    // A 429 says that nothing was done (RFC 6585 section 4), as does a 503 with a Retry-After,
    // which only a server that turns work away sends. A bare 503 may come from a proxy that lost
    // the connection after it passed the request on; after any other error, too, it may have acted.
    const bool repeatable = action.idempotent || !action.idempotency_header.empty();
    if (attempt.status) {
        const auto& statuses = action.retry.retry_on;
        if (std::find(statuses.begin(), statuses.end(), *attempt.status) == statuses.end()) {
            return std::nullopt;
        }
        const bool refused =
            *attempt.status == 429 || (*attempt.status == 503 && !attempt.retry_after.empty());
        if (!repeatable && !refused) return std::nullopt;
    } else if (!attempt.retryable_error || (attempt.may_have_reached_peer && !repeatable)) {
        return std::nullopt;
    }
    milliseconds wait = action.retry.backoff * (1L << std::min(attempt.number - 1, 10));
    wait = std::min<milliseconds>(wait, kMaxRetryAfter);
    wait += milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * jitter / 2));
    if (!attempt.retry_after.empty()) {
        if (const auto asked = parse_retry_after(attempt.retry_after, now)) {
            if (*asked > kMaxRetryAfter) return std::nullopt;
            wait = std::max(wait, *asked);
        }
    }
    return wait;
}

}  // namespace kimbap::manifests
