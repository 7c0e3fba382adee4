#include "manifests/attempts.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::Pair;

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
        {"", std::nullopt},
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

// --- pages ---------------------------------------------------------------------------------------

RenderedRequest request_of(std::vector<std::pair<std::string, std::string>> query) {
    RenderedRequest request;
    request.method = "GET";
    request.url = "https://api.example.com/v2/o";
    request.query = std::move(query);
    return request;
}

Action paged(const std::string& pagination) {
    return load_action("path: /o, response: {extract: items}, pagination: {" + pagination + "}")
        .action();
}

/// The next page's URL after a page with this JSON, "" where it was the last.
std::string next_url(const Action& action, const RenderedRequest& request, std::string_view page,
                     int pages = 1) {
    const json::value answer = parse(page);
    const json::array* items = items_of(action, answer);
    const auto next =
        next_page(action, request, answer, items == nullptr ? 0 : items->size(), pages);
    return next ? next->full_url() : "";
}

TEST(NextPageTest, ACursorGoesIntoItsParameter) {
    const Action action =
        paged("type: cursor, next_path: meta.next, cursor_param: after, max_pages: 3");
    const RenderedRequest first = request_of({{"limit", "2"}});
    const std::string base = "https://api.example.com/v2/o?limit=2&after=";
    EXPECT_EQ(next_url(action, first, R"({"meta": {"next": "c2"}})"), base + "c2");
    EXPECT_EQ(next_url(action, first, R"({"meta": {"next": 7}})"), base + "7");
    EXPECT_EQ(next_url(action, first, R"({"meta": {"next": 9007199254740993}})"),
              base + "9007199254740993");
    EXPECT_EQ(next_url(action, first, R"({"meta": {"next": "/9j+a=="}})"),
              base + "%2F9j%2Ba%3D%3D");
    EXPECT_EQ(next_url(action, first, R"({"meta": {"next": "c2"}})", 3), "");
    for (const char* last : {R"({"meta": {"next": ""}})", R"({"meta": {"next": null}})",
                             R"({"meta": {"next": false}})", R"({"meta": {}})", "{}", "[]"}) {
        EXPECT_EQ(next_url(action, first, last), "") << last;
    }
    EXPECT_EQ(next_url(paged("type: cursor, next_path: n"), first, R"({"n": "x"})"),
              "https://api.example.com/v2/o?limit=2&cursor=x");
}

TEST(NextPageTest, TheSameCursorAgainEndsIt) {
    const Action action =
        paged("type: cursor, next_path: next, cursor_param: after, max_pages: 100");
    EXPECT_EQ(next_url(action, request_of({{"after", "c2"}}), R"({"next": "c2"})", 2), "");
    EXPECT_NE(next_url(action, request_of({{"after", "c2"}}), R"({"next": "c3"})", 2), "");
}

TEST(NextPageTest, AUrlIsFollowedOnTheSameOriginAlone) {
    const Action action = paged("type: cursor, next_path: next");
    const RenderedRequest first = request_of({{"limit", "2"}});
    const struct {
        const char* next;
        const char* url;
    } rows[] = {
        {"https://api.example.com/v2/o?limit=2&page=b%20c+d",
         "https://api.example.com/v2/o?limit=2&page=b%20c%20d"},
        {"https://api.example.com/v2/p?x=%26&y", "https://api.example.com/v2/p?x=%26&y="},
        {"/v2/o?page=2#top", "https://api.example.com/v2/o?page=2"},
        {"https://evil.example/v2/o?page=2", ""},
        {"http://api.example.com/v2/o?page=2", ""},
        {"https://api.example.com:444/v2/o?page=2", ""},
        {"https://api.example.com@evil.example/v2/o", ""},
        {"https://api.example.com.evil.example/v2/o", ""},
        {"//evil.example/v2/o", ""},
        {"https://api.example.com//evil.example/o", ""},
    };
    for (const auto& row : rows) {
        const json::object page{{"next", row.next}};
        EXPECT_EQ(next_url(action, first, to_json(page)), row.url) << row.next;
    }
}

TEST(NextPageTest, AnOffsetCountsItemsOrPages) {
    const std::string two = R"({"items": [1, 2]})";
    const std::string url = "https://api.example.com/v2/o?";
    const Action items = paged("type: offset");
    EXPECT_EQ(next_url(items, request_of({}), two), url + "offset=2");
    EXPECT_EQ(next_url(items, request_of({{"offset", "2"}}), two, 2), url + "offset=4");
    EXPECT_EQ(next_url(items, request_of({{"limit", "2"}}), two), url + "limit=2&offset=2");
    EXPECT_EQ(next_url(items, request_of({{"limit", "3"}}), two), "");  // a short page is the last
    EXPECT_EQ(next_url(items, request_of({}), R"({"items": []})"), "");
    EXPECT_EQ(next_url(items, request_of({}), "{}"), "");
    EXPECT_EQ(next_url(items, request_of({}), two, 5), "");  // max_pages by default

    const Action pages =
        paged("type: offset, page_param: page, limit_param: per_page, page_size: 2");
    EXPECT_EQ(next_url(pages, request_of({}), two), url + "page=2");
    EXPECT_EQ(next_url(pages, request_of({{"page", "7"}}), two), url + "page=8");
    EXPECT_EQ(next_url(pages, request_of({{"per_page", "3"}}), two), "");

    const Action told = paged("type: offset, next_path: next, offset_param: from");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": 40})"), url + "from=40");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": "40"})"), url + "from=40");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": null})"), "");
}

TEST(NextPageTest, NothingWithoutPagination) {
    EXPECT_EQ(next_url(load_action("path: /o").action(), request_of({}), R"({"next": "x"})"), "");
}

TEST(MergePageTest, ItemsOfLaterPagesJoinTheFirst) {
    const Action action = paged("type: offset");
    json::value first = parse(R"({"items": [1], "total": 3})");
    merge_page(action, first, parse(R"({"items": [2, {"a": 3}], "total": 3})"));
    merge_page(action, first, parse(R"({"error": "none"})"));
    EXPECT_EQ(to_json(first), R"({"items":[1,2,{"a":3}],"total":3})");

    const Action whole = load_action("path: /o, pagination: {type: offset}").action();
    json::value list = parse("[1]");
    merge_page(whole, list, parse("[2]"));
    EXPECT_EQ(to_json(list), "[1,2]");
}

}  // namespace
}  // namespace kimbap::manifests::test
