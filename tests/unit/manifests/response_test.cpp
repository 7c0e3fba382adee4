#include "manifests/response.hpp"

#include "base/encoding.hpp"
#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using namespace std::chrono_literals;

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = ShapedResponse::Kind;

Action with_response(const std::string& response, const std::string& more = "") {
    return load_action("path: /o, response: {" + response + "}" + more).action();
}

RawResponse json_answer(std::string body, unsigned status = 200) {
    return {status, "application/json; charset=utf-8", std::move(body)};
}

/// The shaped JSON, the text, or "error: …".
std::string shaped(const Action& action, RawResponse response) {
    const ShapedResponse out = shape(action, std::move(response));
    if (out.is_error) return "error: " + out.message;
    return out.kind == Kind::json && out.body.empty() ? to_json(out.value) : out.body;
}

std::string shaped(const std::string& response, std::string body) {
    return shaped(with_response(response), json_answer(std::move(body)));
}

TEST(ResponseTest, ExtractTakesAPart) {
    const std::string body = R"({"data": {"items": [{"id": 1}, {"id": 2}]}})";
    EXPECT_EQ(shaped("extract: data.items", body), R"([{"id":1},{"id":2}])");
    EXPECT_EQ(shaped("extract: \"data.items[0]\"", body), R"({"id":1})");
    EXPECT_EQ(shaped("extract: \"data.items[-1].id\"", body), "2");
    EXPECT_EQ(shaped("extract: data.none", body), "null");
    EXPECT_EQ(shaped("type: object", body), R"({"data":{"items":[{"id":1},{"id":2}]}})");
}

TEST(ResponseTest, NumbersComeThroughWithAllTheirDigits) {
    EXPECT_EQ(shaped("type: object", R"({"a": 18446744073709551615, "b": -9223372036854775808})"),
              R"({"a":18446744073709551615,"b":-9223372036854775808})");
}

TEST(ResponseTest, JsonThatIsTakenWholeGoesOnAsItCame) {
    const auto body_of = [](const std::string& response, std::string body) {
        const ShapedResponse out = shape(with_response(response), json_answer(std::move(body)));
        EXPECT_EQ(out.kind, Kind::json);
        return out.body;
    };
    // Digits that no double holds, and members that come twice.
    EXPECT_EQ(body_of("type: object",
                      "{\"n\": 0.10000000000000000001,\n \"a\": 1, \"a\": \"x \\\" y\" }"),
              R"({"n":0.10000000000000000001,"a":1,"a":"x \" y"})");
    EXPECT_EQ(body_of("type: object", "\xEF\xBB\xBF {} "), "{}");
    // Read and written anew, where that is shorter, or where anything is to be taken out.
    EXPECT_EQ(body_of("type: object", R"({"a": "caf\u00e9"})"), "");
    EXPECT_EQ(shaped("type: object", R"({"a": "caf\u00e9 \/"})"), R"({"a":"café /"})");
    EXPECT_EQ(body_of("extract: a", R"({"a": 1})"), "");
    EXPECT_EQ(body_of("schema: {type: object}", R"({"a": 1})"), "");
}

TEST(ResponseTest, FiltersSelectExcludeLimitAndDropNulls) {
    const struct {
        const char* filter;
        const char* body;
        const char* shaped;
    } rows[] = {
        {"select: {id: id, owner: owner.login}", R"({"id": 1, "owner": {"login": "a"}, "x": 2})",
         R"({"id":1,"owner":"a"})"},
        {"select: {id: id, gone: none.at.all}", R"({"id": 1})", R"({"id":1})"},
        {"select: [id, owner.login]", R"({"id": 1, "owner": {"login": "a"}})",
         R"({"id":1,"owner.login":"a"})"},
        {"select: {n: id}", R"([{"id": 1}, {"id": 2}, "plain"])", R"([{"n":1},{"n":2},"plain"])"},
        {"select: {first: \"tags[0]\"}", R"([{"tags": ["x", "y"]}, {"tags": []}])",
         R"([{"first":"x"},{}])"},
        // An object without any of it wraps the list that is meant.
        {"select: {id: id}", R"({"ok": true, "channels": [{"id": 1, "x": 2}], "b": []})",
         R"({"channels":[{"id":1}]})"},
        {"select: {id: id}, max_items: 1", R"({"a": [1], "data": [{"id": 1}, {"id": 2}]})",
         R"({"data":[{"id":1}]})"},
        {"select: {id: id}", "{}", "{}"},
        {"select: {id: id}", R"({"ok": true, "channels": []})", R"({"channels":[]})"},
        {"select: {id: id}", R"({"codes": ["1", "2"], "all": ["x", {"id": 3}]})",
         R"({"all":[{"id":3}]})"},
        {"select: {id: id}", R"({"codes": ["1", "2"]})", "{}"},
        {"exclude: [x]", R"([{"x": 1, "y": 2}])", R"([{"y":2}])"},
        {"exclude: [a.b, l.c]", R"({"a": {"b": 1, "k": 2}, "l": [{"c": 1, "d": 2}]})",
         R"({"a":{"k":2},"l":[{"d":2}]})"},
        {"exclude: [\"l[0].c\", \"m[*].c\", \"n[-1]\", \"o[*]\", \"n[7]\"]",
         R"({"l": [{"c": 1}, {"c": 2}], "m": [{"c": 1, "d": 2}, {"c": 3}], "n": [1, 2], "o": [1]})",
         R"({"l":[{},{"c":2}],"m":[{"d":2},{}],"n":[1],"o":[]})"},
        {"exclude: [\"[0]\"]", "{\"a\": 1}", R"({"a":1})"},
        {"exclude: [\"[0]\"]", R"([{"a": 1}, {"a": 2}])", R"([{"a":2}])"},
        {"exclude: [\"[*].a\", \"$[-1].b\"]", R"([{"a": 1, "b": 2}, {"a": 3, "b": 4}])",
         R"([{"b":2},{}])"},
        {"exclude: [$.a.b, \"$.l[*].c\"]", R"({"a": {"b": 1, "k": 2}, "l": [{"c": 1}]})",
         R"({"a":{"k":2},"l":[{}]})"},
        {"select: {id: id, who: who}, exclude: [\"[*].who.email\"]",
         R"({"items": [{"id": 1, "who": {"name": "a", "email": "b"}}]})",
         R"({"items":[{"id":1,"who":{"name":"a"}}]})"},
        {"exclude: [a.b]", R"({"a.b": 1, "a": {"b": 2}})", R"({"a":{"b":2}})"},
        // exclude is about what select left, under the names that select gave
        {"select: {who: user, id: id}, exclude: [who.email]",
         R"({"id": 1, "user": {"name": "a", "email": "b"}})", R"({"who":{"name":"a"},"id":1})"},
        {"max_items: 2", "[1, 2, 3]", "[1,2]"},
        {"max_items: 0", "[1, 2, 3]", "[1,2,3]"},
        {"max_items: 1", R"({"a": [1, 2]})", R"({"a":[1,2]})"},
        {"drop_nulls: true", R"({"a": null, "b": {"c": null}, "d": [null, {"e": null}]})",
         R"({"b":{},"d":[null,{}]})"},
        {"drop_nulls: false", R"({"a": null})", R"({"a":null})"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(shaped("filter: {" + std::string(row.filter) + "}", row.body), row.shaped)
            << row.filter;
    }
}

TEST(ResponseTest, CompactTurnsItemsIntoLines) {
    const std::string issues = R"([{"number": 1, "title": "a", "by": {"name": "x"}},
                                   {"number": 2, "title": "b\"", "labels": ["l"]}])";
    EXPECT_EQ(
        shaped(
            R"(compact: {header: "{{.count}} issues", item: "#{{.number}} {{ .title }} {{.by.name}}", footer: "end"})",
            issues),
        "2 issues\n#1 a x\n#2 b\" \nend");
    EXPECT_EQ(shaped(R"(compact: {item: "{{.labels}}{{.none}}"})", issues), "[\"l\"]");
    EXPECT_EQ(shaped(R"(compact: {header: "{{.Count}}/{{.Total}}/{{.Remaining}}"})", issues),
              "2/2/0");
    EXPECT_EQ(shaped(R"(compact: {header: "none: {{.count}}", item: x})", "[]"), "none: 0");
    const std::string missing =
        R"(extract: data.items, compact: {header: "N={{.count}}", item: x})";
    for (const char* none : {R"({"data": {"items": null}})", R"({"data": {}})", "{}", "null"}) {
        EXPECT_EQ(shaped(missing, none), "N=0") << none;
    }
    EXPECT_EQ(shaped(missing, R"({"data": {"items": {"a": 1}}})"), "N=1\nx");
    EXPECT_EQ(shaped(R"(compact: {header: "{{.name}}", item: "{{.count}}"})",
                     R"({"name": "n", "count": 7})"),
              "n\n7");
    EXPECT_EQ(shaped(R"(compact: {item: "{{.a}} {{"})", R"({"a": 1})"), "1 {{");
    EXPECT_EQ(
        shaped(R"(filter: {select: {n: number}}, compact: {header: "{{.count}}", item: "#{{.n}}"})",
               R"({"total": 2, "items": [{"number": 1}, {"number": 2}]})"),
        "2\n#1\n#2");
    EXPECT_EQ(shaped(R"(extract: items, filter: {max_items: 1}, compact: {header: "{{.count}}"})",
                     R"({"items": [1, 2]})"),
              "1");
}

TEST(ResponseTest, TextFiltersKeepWhatMatters) {
    const struct {
        const char* filter;
        std::string text;
        const char* filtered;
    } rows[] = {
        {"strip_lines_matching: [\"^#\", x$]", "# a\nb\ncx\n", "b"},
        {"keep_lines_matching: [err, warn]", "ok\nerror 1\nwarning\n", "error 1\nwarning"},
        {"keep_lines_matching: [a], strip_lines_matching: [ab]", "a\nab\nb", "a"},
        {"dedup: true", "a\na\nb\na\n", "a\nb\na"},
        {"max_lines: 2", "a\nb\nc\nd", "a\nb\n… (2 more lines)"},
        {"max_lines: 0", "a\nb", "a\nb"},
        {"strip_ansi: true", "\x1B[31mred\x1B[0m \x1B]0;t\x07x", "red x"},
        {"strip_ansi: true", "\x1B(B\x1B[mred\x1B(0", "red"},
        {"on_empty: ok", "\n \n", "ok"},
        {"on_empty: ok, keep_lines_matching: [x]", "a", "ok"},
        {"dedup: true", "a\r\na\r\n", "a"},
    };
    for (const auto& row : rows) {
        const Action action =
            with_response("type: text, text_filter: {" + std::string(row.filter) + "}");
        EXPECT_EQ(apply_text_filter(*action.response.text_filter, row.text), row.filtered)
            << row.filter;
        EXPECT_EQ(shaped(action, {200, "text/plain", row.text}), row.filtered) << row.filter;
    }
    const Action action = with_response("type: text, text_filter: {on_empty: ok}");
    EXPECT_EQ(shaped(action, {200, "text/plain", ""}), "ok");
}

TEST(ResponseTest, ErrorsInsideASuccess) {
    const struct {
        const char* when;
        const char* body;
        const char* shaped;
    } rows[] = {
        {"[{path: ok, equals: false, message_path: error}]",
         R"({"ok": false, "error": "no_scope"})", "error: the service reported an error: no_scope"},
        {"[{path: ok, equals: false, message_path: error}]", R"({"ok": true})", R"({"ok":true})"},
        {"[{path: ok, equals: false}]", R"({"ok": false, "why": 1})",
         "error: the service reported an error: {\"ok\":false,\"why\":1}"},
        {"[{path: ok, equals: false, message_path: none}]", R"({"ok": false})",
         "error: the service reported an error: {\"ok\":false}"},
        {"{path: code, not_equals: 0, message_path: m}", R"({"code": 4, "m": {"a": 1}})",
         "error: the service reported an error: {\"a\":1}"},
        {"{path: code, not_equals: 0}", R"({"code": 0})", R"({"code":0})"},
        {"{path: code, equals: 1}", R"({"code": 1.0})",
         "error: the service reported an error: {\"code\":1.0}"},
        {"{path: code, not_equals: 0}", R"({"x": 1})",
         "error: the service reported an error: {\"x\":1}"},
        {"[{path: errors, exists: true, message_path: \"errors[0].message\"}]",
         R"({"errors": [{"message": "bad query"}], "data": null})",
         "error: the service reported an error: bad query"},
        {"[{path: errors, exists: true}]", R"({"errors": null})", R"({"errors":null})"},
        {"[{path: data, exists: false}]", "{}", "error: the service reported an error: {}"},
        {"[{path: a, equals: 1}, {path: b, equals: 1}]", R"({"b": 1})",
         "error: the service reported an error: {\"b\":1}"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(shaped("error_when: " + std::string(row.when), row.body), row.shaped) << row.when;
    }
    EXPECT_EQ(shaped("extract: data, error_when: [{path: ok, equals: false, message_path: error}]",
                     R"({"ok": false, "error": "no"})"),
              "error: the service reported an error: no");
}

TEST(ResponseTest, AnAnswerWithoutAnyOfTheSelectionSaysSo) {
    const Action action = with_response("filter: {select: {id: id}}");
    EXPECT_THAT(shape(action, json_answer(R"({"x": 1})")).message,
                HasSubstr("nothing of what the manifest selects"));
    EXPECT_EQ(shape(action, json_answer(R"({"id": 1})")).message, "");
    EXPECT_EQ(shape(action, json_answer(R"({"data": [{"id": 1}]})")).message, "");
}

TEST(ResponseTest, HalfASurrogatePairCostsOneCharacter) {
    const Action plain = load_action("path: /o").action();
    EXPECT_EQ(shaped(plain, json_answer(R"({"t": "cut \ud83d", "n": 1})")),
              "{\"t\":\"cut \xEF\xBF\xBD\",\"n\":1}");
}

TEST(ResponseTest, HttpErrorsSayWhatTheServiceSaidAndWhatToDo) {
    const Action plain = load_action("path: /o").action();
    const Action mapped = load_action("path: /o, error_mapping: {404: no such customer}").action();
    const Action keyed = load_action("path: /o, auth: {type: bearer, credential_ref: a}").action();
    const struct {
        const Action& action;
        RawResponse response;
        const char* message;
    } rows[] = {
        {plain, json_answer(R"({"error": {"message": "bad id"}})", 400), "HTTP 400: bad id."},
        {plain, json_answer(R"({"message": "m", "error": "e"})", 400), "HTTP 400: m."},
        {plain, json_answer(R"({"error": "e"})", 400), "HTTP 400: e."},
        {plain, json_answer(R"({"error": true, "reason": "r"})", 400), "HTTP 400: r."},
        {plain, json_answer(R"({"detail": "d"})", 422), "HTTP 422: d."},
        {plain, json_answer(R"({"errors": [{"detail": "d"}]})", 422), "HTTP 422: d."},
        {plain, json_answer(R"({"code": 7})", 422), "HTTP 422: {\"code\":7}."},
        {plain, json_answer(R"([{"message": "m", "code": "C"}])", 400),
         R"(HTTP 400: [{"message":"m","code":"C"}].)"},
        {plain,
         json_answer(R"({"message": "Validation Failed", "errors": [{"field": "title"}]})", 422),
         R"(HTTP 422: Validation Failed [{"field":"title"}].)"},
        {plain, json_answer(R"({"title": "Invalid", "errors": {"name": ["is required"]}})", 400),
         R"(HTTP 400: Invalid {"name":["is required"]}.)"},
        {plain, json_answer(R"({"message": "", "errors": []})", 400),
         R"(HTTP 400: {"message":"","errors":[]}.)"},
        {plain, json_answer(R"({"errors": [{"message": "a"}, {"message": "b"}]})", 400),
         R"(HTTP 400: {"errors":[{"message":"a"},{"message":"b"}]}.)"},
        {plain, {400, "", "name is missing"}, "HTTP 400: name is missing."},
        {plain, {400, "", "\x01\x02"}, "HTTP 400."},
        {plain, {400, "text/plain", " why \n"}, "HTTP 400: why."},
        {plain, {400, "image/png", "\x89PNG"}, "HTTP 400."},
        {plain,
         {401, "", ""},
         "HTTP 401. No credential was sent, as the action's manifest has none (auth): tell an "
         "operator."},
        {keyed,
         {401, "", ""},
         "HTTP 401. The stored credential was not accepted: tell an operator."},
        {plain, {404, "", ""}, "HTTP 404. Check the identifiers."},
        {plain, {409, "", ""}, "HTTP 409. The state changed meanwhile: read it again first."},
        {plain, {429, "", ""}, "HTTP 429. Too many requests: wait before you try again."},
        {plain, {429, "", "", 1ms}, "HTTP 429. Try again in 1 seconds."},
        {plain, {503, "", "", 90s}, "HTTP 503. Try again in 90 seconds."},
        {mapped, {404, "", "", 2s}, "HTTP 404: no such customer. Try again in 2 seconds."},
        {plain, {500, "", ""}, "HTTP 500. The service failed: try again later."},
        {mapped, {404, "", ""}, "HTTP 404: no such customer."},
        {mapped, json_answer(R"({"message": "cus_1"})", 404),
         "HTTP 404: no such customer (cus_1)."},
        {keyed, json_answer(R"({"message": "m"})", 403),
         "HTTP 403: m. The stored credential was not accepted: tell an operator."},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(shaped(row.action, row.response), "error: " + std::string(row.message));
    }
}

TEST(ResponseTest, LongErrorsAreCut) {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "€";
    const std::string message = shaped(load_action("path: /o").action(), {400, "text/plain", text});
    EXPECT_LT(message.size(), 2100U);
    EXPECT_TRUE(is_utf8(message));
    EXPECT_THAT(message, HasSubstr("€… (cut)"));
}

TEST(ResponseTest, RedirectsAreErrors) {
    EXPECT_THAT(shaped(load_action("path: /o").action(), {302, "", ""}),
                HasSubstr("a redirect (HTTP 302), which is not followed"));
    EXPECT_EQ(shaped(load_action("path: /o, error_mapping: {302: not signed in}").action(),
                     {302, "text/html", ""}),
              "error: HTTP 302: not signed in.");
}

TEST(ResponseTest, AnAnswerThatShouldBeJsonAndIsNot) {
    for (const char* type : {"object", "array"}) {
        EXPECT_THAT(shaped(with_response("type: " + std::string(type)),
                           {200, "text/html", "<html>sign in</html>"}),
                    HasSubstr("error: the service's answer is not the JSON that it should be"));
    }
    EXPECT_THAT(shaped(load_action("path: /o").action(), json_answer("{\"a\": ")),
                HasSubstr("is not the JSON that it should be"));
}

// Else an error that a service reports as text/html would be a success.
TEST(ResponseTest, WhatLooksIntoAnAnswerMakesItJson) {
    const std::string failed = R"({"ok": false, "error": "no such order"})";
    EXPECT_EQ(shaped(with_response("error_when: [{path: ok, equals: false, message_path: error}]"),
                     {200, "text/html", failed}),
              "error: the service reported an error: no such order");
    EXPECT_EQ(shaped(with_response("extract: error"), {200, "", failed}), "\"no such order\"");
    EXPECT_EQ(
        shaped(with_response("filter: {select: [ok]}"), {200, "application/octet-stream", failed}),
        R"({"ok":false})");
    EXPECT_EQ(shaped(with_response("compact: {item: \"{{.error}}\"}"), {200, "text/plain", failed}),
              "no such order");
    for (const char* looking : {"error_when: {path: ok, equals: false}", "extract: a",
                                "filter: {drop_nulls: true}", "compact: {item: x}"}) {
        EXPECT_THAT(shaped(with_response(looking), {200, "text/html", "<html>sign in</html>"}),
                    HasSubstr("error: the service's answer is not the JSON that it should be"))
            << looking;
        EXPECT_EQ(shaped(with_response(looking), {204, "", ""}), "") << looking;
        for (const char* type : {"text", "binary"}) {
            const std::string response = "type: " + std::string(type) + ", " + looking;
            EXPECT_EQ(shaped(with_response(response), {200, "application/json", failed}), failed);
            EXPECT_THAT(action_warnings("path: /o, response: {" + response + "}"),
                        HasSubstr("does nothing, since a text or bytes are not looked into"));
        }
    }
    EXPECT_EQ(shaped(with_response("text_filter: {dedup: true}"), {200, "text/plain", "{"}), "{");
}

TEST(ResponseTest, TheKindFollowsTheTypeAndTheContentType) {
    const struct {
        const char* type;  ///< "" for none declared.
        RawResponse response;
        Kind kind;
        const char* mime;
    } rows[] = {
        {"", {200, "application/json", "{}"}, Kind::json, ""},
        {"", {200, "application/problem+json", "{}"}, Kind::json, ""},
        {"object", {200, "text/plain", "{}"}, Kind::json, ""},
        {"", {200, "text/csv; charset=utf-8", "a,b"}, Kind::text, "text/csv"},
        {"", {200, "image/svg+xml", "<svg/>"}, Kind::text, "image/svg+xml"},
        {"", {200, "", "plain"}, Kind::text, "text/plain"},
        {"", {200, "", "\xFF\xFE"}, Kind::binary, "application/octet-stream"},
        {"", {200, "IMAGE/PNG", "\x89PNG"}, Kind::image, "image/png"},
        {"", {200, "audio/mpeg", "ID3"}, Kind::audio, "audio/mpeg"},
        {"", {200, "application/pdf", "%PDF"}, Kind::binary, "application/pdf"},
        {"text", {200, "application/json", "{}"}, Kind::text, "application/json"},
        {"text", {200, "application/octet-stream", "x"}, Kind::text, "application/octet-stream"},
        {"binary", {200, "text/plain", "x"}, Kind::binary, "text/plain"},
        {"binary", {200, "application/json", "{}"}, Kind::binary, "application/json"},
        {"", {204, "", ""}, Kind::none, ""},
        {"object", {200, "application/json", " "}, Kind::none, ""},
        {"array", {200, "text/html", "\r\n"}, Kind::none, ""},
        {"", {200, "application/json", "\n"}, Kind::none, ""},
        {"", {200, "text/plain", "\n"}, Kind::text, "text/plain"},
    };
    for (const auto& row : rows) {
        const std::string type = row.type;
        const Action action =
            type.empty() ? load_action("path: /o").action() : with_response("type: " + type);
        const ShapedResponse out = shape(action, row.response);
        EXPECT_FALSE(out.is_error) << out.message;
        EXPECT_EQ(static_cast<int>(out.kind), static_cast<int>(row.kind))
            << row.response.content_type;
        EXPECT_EQ(out.mime_type, row.mime) << row.response.content_type;
    }
}

TEST(ResponseTest, BinaryComesThroughUnchangedAndTextIsMadeValid) {
    const std::string bytes("\x89PNG\r\n\x00\xFF", 8);
    EXPECT_EQ(shape(with_response("type: binary"), {200, "image/png", bytes}).body, bytes);
    EXPECT_EQ(shape(with_response("type: text"), {200, "text/plain", "a\xFF"}).body, "a\uFFFD");
}

}  // namespace
}  // namespace kimbap::manifests::test
