#include "manifests/pages.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::size_t kPlenty = 1U << 20;

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

RawResponse answer(std::string_view body, unsigned status = 200) {
    return {status, "application/json", std::string(body)};
}

/// The next page's URL after a page with this JSON (and no items, where it names none), "" where it
/// was the last.
std::string next_url(const Action& action, const RenderedRequest& request, std::string_view page) {
    json::value body = *parse_json(page);
    if (body.is_object() && !body.get_object().contains("items")) {
        body.get_object()["items"] = json::array{};
    }
    Pages pages(action, request, kPlenty);
    const RenderedRequest* next = pages.add(answer(to_json(body)));
    return next == nullptr ? "" : next->full_url();
}

TEST(PagesTest, ACursorGoesIntoItsParameter) {
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
    for (const char* last :
         {R"({"meta": {"next": ""}})", R"({"meta": {"next": null}})",
          R"({"meta": {"next": false}})", R"({"meta": {}})", R"({"meta": {"next": 0}})",
          R"({"meta": {"next": "0"}})", R"({"meta": {"next": 0.0}})", R"({"meta": {"next": {}}})",
          R"({"meta": {"next": []}})", "{}", "[]"}) {
        EXPECT_EQ(next_url(action, first, last), "") << last;
    }
    EXPECT_EQ(next_url(paged("type: cursor, next_path: n"), first, R"({"n": "x"})"),
              "https://api.example.com/v2/o?limit=2&cursor=x");
}

TEST(PagesTest, TheSameCursorAgainEndsIt) {
    const Action action =
        paged("type: cursor, next_path: next, cursor_param: after, max_pages: 100");
    EXPECT_EQ(next_url(action, request_of({{"after", "c2"}}), R"({"next": "c2"})"), "");
    EXPECT_NE(next_url(action, request_of({{"after", "c2"}}), R"({"next": "c3"})"), "");
}

TEST(PagesTest, AUrlIsFollowedOnTheSameOriginAlone) {
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

TEST(PagesTest, AnOffsetCountsItemsOrPages) {
    const std::string two = R"({"items": [1, 2]})";
    const std::string url = "https://api.example.com/v2/o?";
    const Action items = paged("type: offset");
    EXPECT_EQ(next_url(items, request_of({}), two), url + "offset=2");
    EXPECT_EQ(next_url(items, request_of({{"offset", "2"}}), two), url + "offset=4");
    EXPECT_EQ(next_url(items, request_of({{"limit", "2"}}), two), url + "limit=2&offset=2");
    EXPECT_EQ(next_url(items, request_of({{"limit", "3"}}), two), "");  // a short page is the last
    EXPECT_EQ(next_url(items, request_of({}), R"({"items": []})"), "");
    EXPECT_EQ(next_url(items, request_of({}), "{}"), "");

    const Action pages =
        paged("type: offset, page_param: page, limit_param: per_page, page_size: 2");
    EXPECT_EQ(next_url(pages, request_of({}), two), url + "page=2");
    EXPECT_EQ(next_url(pages, request_of({{"page", "7"}}), two), url + "page=8");
    EXPECT_EQ(next_url(pages, request_of({{"per_page", "3"}}), two), "");

    const Action told = paged("type: offset, next_path: next, offset_param: from");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": 40})"), url + "from=40");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": "40"})"), url + "from=40");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": null})"), "");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": 0})"), "");
    EXPECT_EQ(next_url(told, request_of({}),
                       R"({"items": [1], "next": "https://api.example.com/v2/o?limit=1&start=1"})"),
              url + "limit=1&start=1");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": "https://else.example/o"})"),
              "");
    // What only says whether there is more leaves the offset to be counted.
    EXPECT_EQ(next_url(told, request_of({{"from", "3"}}), R"({"items": [1, 2], "next": true})"),
              url + "from=5");
    EXPECT_EQ(next_url(told, request_of({{"limit", "3"}}), R"({"items": [1, 2], "next": true})"),
              url + "limit=3&from=2");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [], "next": true})"), "");
    EXPECT_EQ(next_url(told, request_of({}), R"({"items": [1], "next": false})"), "");
}

TEST(PagesTest, NothingWithoutPagination) {
    EXPECT_EQ(next_url(load_action("path: /o").action(), request_of({}), R"({"next": "x"})"), "");
}

/// Feeds bodies to a call until it asks for no more; what it asked for, then the answer.
std::string run(const Action& action, const std::vector<RawResponse>& responses) {
    Pages pages(action, request_of({}), kPlenty);
    std::string out;
    for (const RawResponse& response : responses) {
        const RenderedRequest* next = pages.add(response);
        if (next == nullptr) {
            const ShapedResponse shaped = pages.take_answer();
            if (shaped.is_error) return out + "error: " + shaped.message;
            return out + to_json(shaped.value) + (shaped.message.empty() ? "" : " …");
        }
        out += next->full_url().substr(request_of({}).url.size()) + " ";
    }
    return out + "and on";
}

TEST(PagesTest, ItemsOfLaterPagesJoinTheFirst) {
    const Action action = paged("type: cursor, next_path: next");
    EXPECT_EQ(run(action, {answer(R"({"items": [1], "next": "b"})"),
                           answer(R"({"items": [2, {"a": 3}], "next": "c"})"),
                           answer(R"({"items": [], "next": ""})")}),
              R"(?cursor=b ?cursor=c [1,2,{"a":3}])");
    const Action whole = load_action("path: /o, pagination: {type: offset}").action();
    EXPECT_EQ(run(whole, {answer("[1]"), answer("[2]"), answer("[]")}),
              "?offset=1 ?offset=2 [1,2]");
    EXPECT_EQ(run(whole, {answer("[1]"), answer("")}), "?offset=1 [1]");
    const Action filtered =
        load_action("path: /o, pagination: {type: offset}, response: {filter: {max_items: 3}}")
            .action();
    EXPECT_EQ(run(filtered, {answer("[1, 2]"), answer("[3, 4]"), answer("[]")}),
              "?offset=2 [1,2,3] …")
        << "what max_items leaves out isn't asked for";
    EXPECT_EQ(run(filtered, {answer("[1, 2]"), answer("[]")}), "?offset=2 [1,2]");
    EXPECT_EQ(run(filtered, {answer("[1, 2, 3]")}), "[1,2,3] …");
}

TEST(PagesTest, AnAnswerWithoutAListIsTheWhole) {
    const Action action =
        load_action("path: /o, pagination: {type: cursor, next_path: next}").action();
    EXPECT_EQ(run(action, {answer(R"({"items": [1], "next": "b"})")}),
              R"({"items":[1],"next":"b"})");
}

TEST(PagesTest, PagesThatGoRoundEnd) {
    const Action action = paged("type: cursor, next_path: next, max_pages: 100");
    EXPECT_EQ(run(action, {answer(R"({"items": [1], "next": "b"})"),
                           answer(R"({"items": [2], "next": "c"})"),
                           answer(R"({"items": [3], "next": "b"})")}),
              "?cursor=b ?cursor=c [1,2,3]");
}

TEST(PagesTest, MaxPagesEndsIt) {
    const Action action = paged("type: cursor, next_path: next, max_pages: 2");
    EXPECT_EQ(run(action, {answer(R"({"items": [1], "next": "b"})"),
                           answer(R"({"items": [2], "next": "c"})")}),
              "?cursor=b [1,2] …");
    const Action one = paged("type: cursor, next_path: next, max_pages: 1");
    EXPECT_EQ(run(one, {answer(R"({"items": [1], "next": "b"})")}), "[1] …");
}

TEST(PagesTest, SaysWhereThereMayBeMore) {
    const auto said = [](const Action& action, std::string_view page) {
        Pages pages(action, request_of({}), kPlenty);
        EXPECT_EQ(pages.add(answer(page)), nullptr);
        return pages.take_answer().message;
    };
    const Action one = paged("type: cursor, next_path: next, max_pages: 1");
    EXPECT_NE(said(one, R"({"items": [1], "next": "b"})").find("only the first page"),
              std::string::npos);
    EXPECT_EQ(said(one, R"({"items": [1], "next": ""})"), "");
    const Action two = load_action(
                           "path: /o, response: {extract: items, filter: {max_items: 2}}, "
                           "pagination: {type: cursor, next_path: next}")
                           .action();
    EXPECT_EQ(said(two, R"({"items": [1, 2], "next": "b"})"),
              "There may be more: only the first 2 items are here (ask for less, or for what "
              "follows; an operator can raise filter.max_items).");
    EXPECT_EQ(said(two, R"({"items": [1, 2], "next": ""})"), "");
    EXPECT_EQ(said(two, R"({"items": [1, 2, 3], "next": ""})"),
              said(two, R"({"items": [1, 2], "next": "b"})"))
        << "the last page has more than is let through";
    EXPECT_NE(said(one, R"({"items": [1], "next": true})").find("no cursor"), std::string::npos);
    const Action selected = load_action(
                                "path: /o, response: {filter: {select: {id: id}}}, "
                                "pagination: {type: cursor, next_path: next}")
                                .action();
    EXPECT_NE(said(selected, R"({"x": 1})").find("nothing of what the manifest selects"),
              std::string::npos);
    const Action links = paged("type: cursor, next_path: next");
    EXPECT_NE(said(links, R"({"items": [1], "next": "https://elsewhere.example/o?page=2"})")
                  .find("another origin"),
              std::string::npos);
    const Action counted = paged("type: offset, page_size: 2, max_pages: 1");
    EXPECT_NE(said(counted, R"({"items": [1, 2]})"), "");
    EXPECT_EQ(said(counted, R"({"items": [1]})"), "") << "fewer than a page has is the last page";
    EXPECT_EQ(said(load_action("path: /o").action(), R"({"items": [1], "next": "b"})"), "");
}

// The items so far would pass for all there are.
TEST(PagesTest, AnErrorOnALaterPageIsTheCalls) {
    const Action action =
        load_action(
            "path: /o, response: {extract: items, error_when: [{path: ok, equals: false, "
            "message_path: why}]}, pagination: {type: cursor, next_path: next}")
            .action();
    const RawResponse first = answer(R"({"items": [1], "next": "b"})");
    EXPECT_EQ(run(action, {first, answer(R"({"ok": false, "why": "ratelimited"})")}),
              "?cursor=b error: the service reported an error: ratelimited");
    EXPECT_EQ(run(action, {first, answer(R"({"message": "no"})", 500)}),
              "?cursor=b error: HTTP 500: no. The service failed: try again later.");
    EXPECT_THAT(run(action, {first, answer("{\"items\": [")}), HasSubstr("is not the JSON"));
    EXPECT_THAT(run(action, {first, answer("", 302)}), HasSubstr("a redirect (HTTP 302)"));
    EXPECT_EQ(run(action, {answer(R"({"ok": false, "why": "no"})")}),
              "error: the service reported an error: no");
}

TEST(PagesTest, AllPagesTogetherAreBounded) {
    const Action action = paged("type: offset");
    Pages pages(action, request_of({}), 40);
    ASSERT_NE(pages.add(answer(R"({"items": [1, 2, 3]})")), nullptr);
    EXPECT_EQ(pages.add(answer(R"({"items": [4, 5, 6], "x": 1})")), nullptr);
    const ShapedResponse shaped = pages.take_answer();
    EXPECT_TRUE(shaped.is_error);
    EXPECT_THAT(shaped.message, HasSubstr("the pages together are larger than 40 bytes"));
}

TEST(PagesTest, ALinksOwnCredentialIsLeftOut) {
    const Action action =
        load_action(
            "path: /o, auth: {type: query, credential_ref: a, query_param: key}, response: "
            "{extract: items}, pagination: {type: cursor, next_path: next}")
            .action();
    for (const char* link : {"/v2/o?page=2", "/v2/o?key=%5Bredacted%5D&page=2"}) {
        const json::object page{{"items", json::array{1}}, {"next", link}};
        EXPECT_EQ(next_url(action, request_of({}), to_json(page)),
                  "https://api.example.com/v2/o?page=2");
    }
}

TEST(PagesTest, EachPageIsAskedForWithTheSameHeaders) {
    RenderedRequest first = request_of({});
    first.headers = {{"X-Version", "7"}};
    const Action action = paged("type: cursor, next_path: next");
    Pages pages(action, first, kPlenty);
    const RenderedRequest* next = pages.add(answer(R"({"items": [1], "next": "/v2/o?page=2"})"));
    ASSERT_NE(next, nullptr);
    EXPECT_THAT(next->headers, ElementsAre(Pair("X-Version", "7")));
}

}  // namespace
}  // namespace kimbap::manifests::test
