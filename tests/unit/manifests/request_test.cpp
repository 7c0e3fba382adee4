#include "manifests/request.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

/// Renders one action's request; an error fails the test.
RenderedRequest rendered(const std::string& action, std::string_view arguments) {
    const One one = load_action(action);
    auto request = render(one.service, one.action(), object(arguments));
    EXPECT_TRUE(request) << request.error().message;
    return request ? std::move(*request) : RenderedRequest{};
}

std::string refusal(const std::string& action, std::string_view arguments) {
    const One one = load_action(action);
    const auto request = render(one.service, one.action(), object(arguments));
    if (request) return "sent: " + request->full_url();
    EXPECT_EQ(request.error().code, Errc::invalid_argument);
    return request.error().message;
}

constexpr const char* kBody =
    "method: POST, path: /o, args: [{name: s}, {name: n, type: integer}, {name: f, type: number}, "
    "{name: b, type: boolean}, {name: l, type: array}, {name: o, type: object}], request: {body: ";

TEST(RequestTest, ASolePlaceholderKeepsItsJsonType) {
    const struct {
        const char* body;
        const char* arguments;
        const char* rendered;
    } rows[] = {
        {R"({q: "{n}"})", R"({"n": 3})", R"({"q":3})"},
        {R"({q: "{s}"})", R"({"s": "3"})", R"({"q":"3"})"},
        {R"({q: "{b}"})", R"({"b": false})", R"({"q":false})"},
        {R"({q: "{l}"})", R"({"l": [1, "a", null]})", R"({"q":[1,"a",null]})"},
        {R"({q: "{o}"})", R"({"o": {"x": {}}})", R"({"q":{"x":{}}})"},
        {R"({q: "{s}"})", R"({"s": null})", R"({"q":null})"},
        {R"({q: "n is {n}"})", R"({"n": 3})", R"({"q":"n is 3"})"},
        {R"({q: "{l} {o} {b}"})", R"({"l": [1], "o": {"a": "b"}, "b": true})",
         R"({"q":"[1] {\"a\":\"b\"} true"})"},
        {R"({q: 5, r: true, t: null, u: "5"})", "{}", R"({"q":5,"r":true,"t":null,"u":"5"})"},
        {R"("{o}")", R"({"o": {"a": 1}})", R"({"a":1})"},
        {R"("{l}")", R"({"l": [1]})", "[1]"},
        {R"(["{n}", {k: "{s}"}])", R"({"n": 1, "s": "x"})", R"([1,{"k":"x"}])"},
        {R"({q: "{s}"})", R"({"s": "a\"b\\{n}\n"})", R"({"q":"a\"b\\{n}\n"})"},
    };
    for (const auto& row : rows) {
        const RenderedRequest request =
            rendered(kBody + std::string(row.body) + "}", row.arguments);
        EXPECT_EQ(request.body, row.rendered) << row.body;
        EXPECT_EQ(request.content_type, "application/json");
    }
}

TEST(RequestTest, AnAbsentArgumentDropsWhatNeedsIt) {
    const struct {
        const char* body;
        const char* rendered;
    } rows[] = {
        {R"({q: "{n}", r: 1})", R"({"r":1})"},
        {R"({q: "x{n}y", r: 1})", R"({"r":1})"},
        {R"({q: {inner: {deep: "{n}"}}, r: 1})", R"({"r":1})"},
        {R"({q: {inner: "{n}", kept: 2}})", R"({"q":{"kept":2}})"},
        {R"({q: ["{n}", 2]})", R"({"q":[2]})"},
        {R"({q: {}})", R"({"q":{}})"},
        {R"({q: "{n}"})", "{}"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(rendered(kBody + std::string(row.body) + "}", "{}").body, row.rendered)
            << row.body;
    }
    const RenderedRequest request = rendered(
        R"(path: /o, args: [{name: a}, {name: b}, {name: c, type: array}],
           request: {query: {a: "{a}", b: "x{b}", c: "{c}", k: 1}, headers: {X-A: "{a}", X-K: k}})",
        "{}");
    EXPECT_THAT(request.query, ElementsAre(Pair("k", "1")));
    EXPECT_THAT(request.headers, ElementsAre(Pair("X-K", "k")));
    EXPECT_EQ(request.body, "");
    EXPECT_EQ(request.content_type, "");
}

TEST(RequestTest, IntegersKeepAllTheirBitsAndNeverTurnIntoExponents) {
    const struct {
        const char* given;
        const char* sent;
    } rows[] = {
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
        {"9007199254740993", "9007199254740993"},
        {"1000000000000000000", "1000000000000000000"},
        {"1e15", "1000000000000000"},
        {"5.0", "5"},
        {"-0.0", "0"},
    };
    for (const auto& row : rows) {
        const std::string arguments = R"({"n": )" + std::string(row.given) + "}";
        EXPECT_EQ(
            rendered(std::string(kBody) + R"({q: "{n}", t: "{n}!", l: ["{n}"]}})", arguments).body,
            "{\"q\":" + std::string(row.sent) + ",\"t\":\"" + row.sent + "!\",\"l\":[" + row.sent +
                "]}");
        EXPECT_EQ(rendered("path: \"/o/{n}\", args: [{name: n, type: integer, required: true}], "
                           "request: {query: {n: \"{n}\"}, headers: {X-N: \"{n}\"}}",
                           arguments)
                      .full_url(),
                  "https://api.example.com/v2/o/" + std::string(row.sent) + "?n=" + row.sent);
        EXPECT_EQ(
            rendered("method: POST, path: /o, args: [{name: n, type: integer}]", arguments).body,
            "{\"n\":" + std::string(row.sent) + "}");
    }
    EXPECT_EQ(rendered(std::string(kBody) + R"({q: "{l}"}})", R"({"l": [1e15, {"x": 2.0}]})").body,
              R"({"q":[1000000000000000,{"x":2}]})");
}

constexpr const char* kPath =
    R"(path: "/c/{id}/o", args: [{name: id, required: true}], request: {path_params: {id: "{id}"}})";

TEST(RequestTest, PathValuesArePercentEncoded) {
    const struct {
        const char* id;
        const char* path;
    } rows[] = {
        {"abc-_.~", "abc-_.~"},
        {"a/b", "a%2Fb"},
        {"../../admin", "..%2F..%2Fadmin"},
        {"..%2f", "..%252f"},
        {"%2e%2e", "%252e%252e"},
        {"a?b#c", "a%3Fb%23c"},
        {"a b+c", "a%20b%2Bc"},
        {"ü€😀", "%C3%BC%E2%82%AC%F0%9F%98%80"},
        {"a\\b", "a%5Cb"},
        {"a;b:c@d", "a%3Bb%3Ac%40d"},
        {"...", "..."},
        {"a\r\nHost: evil", "a%0D%0AHost%3A%20evil"},
    };
    for (const auto& row : rows) {
        const json::object arguments{{"id", row.id}};
        EXPECT_EQ(rendered(kPath, to_json(arguments)).url,
                  "https://api.example.com/v2/c/" + std::string(row.path) + "/o");
    }
    EXPECT_EQ(rendered(kPath, R"({"id": "a\u0000b"})").url, "https://api.example.com/v2/c/a%00b/o");
}

TEST(RequestTest, PathValuesThatWouldLeadElsewhereAreRefused) {
    EXPECT_EQ(refusal(kPath, R"({"id": ""})"), "the path needs {id}, which is empty");
    EXPECT_EQ(refusal(kPath, "{}"), "the path needs {id}, which is empty");
    EXPECT_EQ(refusal(kPath, R"({"id": null})"), "the path needs {id}, which is empty");
    const std::string joined =
        "path: \"/o/{id}\", args: [{name: customer}, {name: n}], "
        "request: {path_params: {id: \"{customer}-{n}\"}}";
    EXPECT_EQ(refusal(joined, R"({"customer": "c"})"), "the path needs {n}, which is empty");
    EXPECT_EQ(refusal(joined, "{}"), "the path needs {customer}, which is empty");
    EXPECT_EQ(refusal(kPath, R"({"id": "."})"), "the path needs {id}, which can't be \".\"");
    EXPECT_EQ(refusal(kPath, R"({"id": ".."})"), "the path needs {id}, which can't be \"..\"");
}

TEST(RequestTest, PathParamsMapArgumentsToPlaceholders) {
    EXPECT_EQ(rendered(R"(path: "/c/{customer}", args: [{name: id, required: true}],
                          request: {path_params: {customer: "cus_{id}"}})",
                       R"({"id": "a/1"})")
                  .url,
              "https://api.example.com/v2/c/cus_a%2F1");
    EXPECT_EQ(rendered(R"(path: "/i/{id}.json", args: [{name: id, type: integer, required: true}])",
                       R"({"id": 8863})")
                  .url,
              "https://api.example.com/v2/i/8863.json");
}

TEST(RequestTest, QueryValuesAreEncodedAndArraysRepeat) {
    const RenderedRequest request = rendered(
        R"(path: /o, args: [{name: q}, {name: tags, type: array}, {name: b, type: boolean}],
           request: {query: {q: "{q}", "tag[]": "{tags}", b: "{b}", fixed: [1, two]}})",
        R"({"q": "a&b=c +ü", "tags": ["x", 2, true], "b": false})");
    EXPECT_EQ(request.full_url(),
              "https://api.example.com/v2/"
              "o?q=a%26b%3Dc%20%2B%C3%BC&tag%5B%5D=x&tag%5B%5D=2&tag%5B%5D=true&b=false&fixed=1&"
              "fixed=two");
}

TEST(RequestTest, ConstantNumbersStayAsTheyAreWrittenInText) {
    EXPECT_EQ(
        rendered("path: /o, request: {query: {v: 1.10, w: 2.0, z: 007, l: [1.0, 1e3], t: true}}",
                 "{}")
            .full_url(),
        "https://api.example.com/v2/o?v=1.10&w=2.0&z=007&l=1.0&l=1e3&t=true");
    EXPECT_EQ(
        rendered("method: POST, path: /o, request: {encoding: form, body: {v: 1.10}}", "{}").body,
        "v=1.10");
    EXPECT_EQ(
        rendered("method: POST, path: /o, request: {body: {a: 1e15, b: 2.0, c: [-1e3], d: 1.5}}",
                 "{}")
            .body,
        R"({"a":1000000000000000,"b":2,"c":[-1000],"d":1.5})");
}

TEST(RequestTest, HeadersTakeNoLineBreaks) {
    const std::string action = R"(path: /o, args: [{name: v}], request: {headers: {X-V: "v={v}"}})";
    EXPECT_THAT(rendered(action, R"({"v": "a b\tc ü"})").headers,
                ElementsAre(Pair("X-V", "v=a b\tc ü")));
    for (const char* value : {R"({"v": "a\r\nX-Evil: 1"})", R"({"v": "a\nb"})", R"({"v": "a\rb"})",
                              R"({"v": "a\u0000b"})", R"({"v": "a\u007fb"})"}) {
        EXPECT_THAT(refusal(action, value), HasSubstr("header X-V would have control characters"));
    }
}

TEST(RequestTest, FormsAreUrlencoded) {
    const RenderedRequest request = rendered(
        R"(method: POST, path: /o, args: [{name: a}, {name: n, type: integer}, {name: l, type: array},
           {name: o, type: object}, {name: gone}], request: {encoding: form, body: {a: "{a}",
           "m[k]": "{n}", l: "{l}", o: "{o}", fixed: true, gone: "{gone}"}})",
        R"({"a": "x y&z=ü+", "n": 9007199254740993, "l": [1, "b c"], "o": {"k": 1}})");
    EXPECT_EQ(request.content_type, "application/x-www-form-urlencoded");
    EXPECT_EQ(request.body,
              "a=x+y%26z%3D%C3%BC%2B&m%5Bk%5D=9007199254740993&l=1&l=b+c&o=%7B%22k%22%3A1%7D&fixed="
              "true");
}

TEST(RequestTest, RawBodiesAreSentAsTheyStand) {
    const std::string action =
        R"(method: PUT, path: /o, args: [{name: t}, {name: o, type: object}, {name: n, type: integer}],
           request: {encoding: raw, body: )";
    RenderedRequest request = rendered(action + R"("{t}"})", R"({"t": "a\r\nb \"c\""})");
    EXPECT_EQ(request.body, "a\r\nb \"c\"");
    EXPECT_EQ(request.content_type, "text/plain; charset=utf-8");
    request = rendered(action + R"("{o}"})", R"({"o": {"k": 1}})");
    EXPECT_EQ(request.body, R"({"k":1})");
    EXPECT_EQ(request.content_type, "application/json");
    request = rendered(action + R"("<n>{n}</n>"})", R"({"n": 7})");
    EXPECT_EQ(request.body, "<n>7</n>");
    request = rendered(action + R"("{t}"})", "{}");
    EXPECT_EQ(request.body, "");
    EXPECT_EQ(request.content_type, "");
}

TEST(RequestTest, WithoutARequestArgumentsGoWhereTheMethodPutsThem) {
    const std::string args =
        R"(path: "/c/{id}", args: [{name: id, required: true}, {name: n, type: integer}, {name: l, type: array}])";
    const char* given = R"({"id": "x", "n": 2, "l": ["a", "b"]})";
    for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
        const RenderedRequest request =
            rendered("method: " + std::string(method) + ", " + args, given);
        EXPECT_EQ(request.full_url(), "https://api.example.com/v2/c/x?n=2&l=a&l=b") << method;
        EXPECT_EQ(request.body, "") << method;
    }
    for (const char* method : {"POST", "PUT", "PATCH"}) {
        const RenderedRequest request =
            rendered("method: " + std::string(method) + ", " + args, given);
        EXPECT_EQ(request.full_url(), "https://api.example.com/v2/c/x") << method;
        EXPECT_EQ(request.body, R"({"n":2,"l":["a","b"]})") << method;
    }
    EXPECT_EQ(rendered("method: POST, path: /o", "{}").body, "");
}

TEST(RequestTest, DefaultsFillInWhatIsAbsent) {
    const One one = load_action(
        R"(path: /o, args: [{name: a, default: x}, {name: n, type: integer, default: 3}, {name: b}])");
    json::object arguments = object(R"({"n": 5})");
    apply_defaults(one.action(), arguments);
    EXPECT_EQ(to_json(arguments), R"({"n":5,"a":"x"})");
}

TEST(RequestTest, TheDigestCoversAllThatIsSent) {
    const std::string action =
        R"(method: POST, path: "/c/{id}", args: [{name: id, required: true}, {name: q}, {name: h},
           {name: b}], request: {query: {q: "{q}"}, headers: {X-H: "{h}"}, body: {b: "{b}"}})";
    const std::string base =
        rendered(action, R"({"id": "1", "q": "1", "h": "1", "b": "1"})").digest();
    EXPECT_EQ(base.size(), 64U);
    EXPECT_EQ(rendered(action, R"({"b": "1", "h": "1", "q": "1", "id": "1"})").digest(), base);
    for (const char* other : {R"({"id": "2", "q": "1", "h": "1", "b": "1"})",
                              R"({"id": "1", "q": "2", "h": "1", "b": "1"})",
                              R"({"id": "1", "q": "1", "h": "2", "b": "1"})",
                              R"({"id": "1", "q": "1", "h": "1", "b": "2"})"}) {
        EXPECT_NE(rendered(action, other).digest(), base) << other;
    }
}

}  // namespace
}  // namespace kimbap::manifests::test
