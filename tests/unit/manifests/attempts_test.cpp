#include "manifests/attempts.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const TimePoint kNow = *parse_time("2026-11-23T14:05:09Z");

Action retrying(const std::string& more) {
    return load_action(
               "method: POST, path: /o, retry: {max_attempts: 3, backoff_ms: 100, retry_on: "
               "[429, 500, 502, 503]}" +
               more)
        .action();
}

Attempt answered(unsigned status, std::string_view retry_after = "", int number = 1) {
    Attempt attempt;
    attempt.number = number;
    attempt.status = status;
    attempt.retry_after = retry_after;
    return attempt;
}

Attempt failed(bool may_have_reached_peer, bool retryable = true) {
    Attempt attempt;
    attempt.may_have_reached_peer = may_have_reached_peer;
    attempt.retryable_error = retryable;
    return attempt;
}

TEST(NextAttemptTest, RepeatsWhatMayHaveActedOnlyWhereThatIsHarmless) {
    const struct {
        const char* what;
        Attempt attempt;
        bool safe;    ///< Repeated where idempotent, or with an idempotency key.
        bool unsafe;  ///< Repeated otherwise.
    } rows[] = {
        {"never reached the service", failed(false), true, true},
        {"lost on the way back", failed(true), true, false},
        {"an error that repeating can't mend", failed(false, false), false, false},
        {"429", answered(429), true, true},
        {"503 from who knows where", answered(503), true, false},
        {"503 that says when to come back", answered(503, "1"), true, true},
        {"502", answered(502), true, false},
        {"502 with Retry-After", answered(502, "1"), true, false},
        {"500", answered(500), true, false},
        {"504, which is not in retry_on", answered(504), false, false},
        {"404", answered(404), false, false},
        {"200", answered(200), false, false},
    };
    const Action idempotent = retrying(", idempotent: true");
    const Action keyed = retrying(", idempotency_header: Idempotency-Key");
    const Action plain = retrying("");
    for (const auto& row : rows) {
        EXPECT_EQ(next_attempt(idempotent, row.attempt, kNow, 0).has_value(), row.safe) << row.what;
        EXPECT_EQ(next_attempt(keyed, row.attempt, kNow, 0).has_value(), row.safe) << row.what;
        EXPECT_EQ(next_attempt(plain, row.attempt, kNow, 0).has_value(), row.unsafe) << row.what;
    }
}

TEST(NextAttemptTest, WaitsTwiceAsLongEachTimeAndStopsAtTheLast) {
    const Action action =
        load_action("path: /o, retry: {max_attempts: 10, backoff_ms: 100}").action();
    EXPECT_EQ(next_attempt(action, answered(503, "", 1), kNow, 0), 100ms);
    EXPECT_EQ(next_attempt(action, answered(503, "", 2), kNow, 0), 200ms);
    EXPECT_EQ(next_attempt(action, answered(503, "", 3), kNow, 0), 400ms);
    EXPECT_EQ(next_attempt(action, answered(503, "", 3), kNow, 0.5), 500ms);
    EXPECT_EQ(next_attempt(action, answered(503, "", 9), kNow, 0), 25600ms);
    EXPECT_EQ(next_attempt(action, answered(503, "", 10), kNow, 0), std::nullopt);
    const Action slow =
        load_action("path: /o, retry: {max_attempts: 10, backoff_ms: 60000}").action();
    EXPECT_EQ(next_attempt(slow, answered(503, "", 9), kNow, 0), kMaxRetryAfter);
    const Action once = load_action("path: /o").action();
    EXPECT_EQ(next_attempt(once, answered(503), kNow, 0), std::nullopt);
    EXPECT_EQ(next_attempt(once, failed(false), kNow, 0), std::nullopt);
}

TEST(NextAttemptTest, HonoursRetryAfter) {
    const Action action = retrying(", idempotent: true");
    EXPECT_EQ(next_attempt(action, answered(429, "7"), kNow, 0), 7s);
    EXPECT_EQ(next_attempt(action, answered(429, "0"), kNow, 0), 100ms);
    EXPECT_EQ(next_attempt(action, answered(429, "Mon, 23 Nov 2026 14:05:19 GMT"), kNow, 0), 10s);
    EXPECT_EQ(next_attempt(action, answered(429, "30"), kNow, 0), 30s);
    EXPECT_EQ(next_attempt(action, answered(429, "31"), kNow, 0), std::nullopt);
    EXPECT_EQ(next_attempt(action, answered(429, "99999999999999999999"), kNow, 0), std::nullopt);
    EXPECT_EQ(next_attempt(action, answered(429, "soon"), kNow, 0), 100ms);
}

TEST(RetryAfterTest, IsSecondsOrADate) {
    const struct {
        const char* text;
        std::optional<milliseconds> wait;
    } rows[] = {
        {"0", 0ms},
        {"120", 120s},
        {" 5 ", 5s},
        {"Mon, 23 Nov 2026 14:05:10 GMT", 1s},
        {"Mon, 23 Nov 2026 14:05:00 GMT", 0ms},  // past
        {"Tue, 24 Nov 2026 14:05:09 GMT", 24h},
        {"Monday, 23-Nov-26 14:05:11 GMT", 2s},
        {"Mon Nov 23 14:05:12 2026", 3s},
        {"Tue Dec  1 14:05:09 2026", 8 * 24h},
        {"Monday, 23-Nov-98 14:05:11 GMT", 0ms},  // 1998
        {"", std::nullopt},
        {"Mon, 23 Nov 2026 14:05:10 GMT and more", std::nullopt},
        {"Mon, 23 Nov 2026 14:05:10", std::nullopt},
        {"-1", std::nullopt},
        {"1.5", std::nullopt},
        {"1s", std::nullopt},
        {"Mon, 23 Foo 2026 14:05:10 GMT", std::nullopt},
        {"Mon, 31 Feb 2026 14:05:10 GMT", std::nullopt},
        {"Mon, 23 Nov 2026 99:05:10 GMT", std::nullopt},
        {"2026-11-23T14:05:10Z", std::nullopt},
    };
    for (const auto& row : rows) EXPECT_EQ(parse_retry_after(row.text, kNow), row.wait) << row.text;
}

}  // namespace
}  // namespace kimbap::manifests::test
