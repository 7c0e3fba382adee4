#include "manifests/response_reader.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ResponseReaderTest, ReadsEveryKey) {
    const ResponseSpec spec = load_action(R"(path: /o, response: {
        type: array, extract: "data.items[0]", stream: ndjson,
        error_when: [{path: ok, equals: false, message_path: error}, {path: e, exists: true},
                     {path: c, not_equals: 0}],
        filter: {select: {id: id, owner: owner.login}, exclude: [x], max_items: 25, drop_nulls: true},
        text_filter: {strip_lines_matching: ["^#"], keep_lines_matching: [a, b], dedup: true,
                      max_lines: 50, strip_ansi: true, on_empty: ok},
        compact: {header: h, item: "#{{.number}}", footer: f}})")
                                  .action()
                                  .response;
    EXPECT_EQ(spec.type, ResponseType::array);
    EXPECT_EQ(spec.extract, "data.items[0]");
    EXPECT_EQ(spec.stream, StreamType::ndjson);
    ASSERT_EQ(spec.error_when.size(), 3U);
    EXPECT_EQ(spec.error_when[0].path, "ok");
    EXPECT_EQ(*spec.error_when[0].equals, false);
    EXPECT_EQ(spec.error_when[0].message_path, "error");
    EXPECT_EQ(spec.error_when[1].exists, true);
    EXPECT_EQ(*spec.error_when[2].not_equals, 0);
    EXPECT_THAT(spec.filter->select, ElementsAre(Pair("id", "id"), Pair("owner", "owner.login")));
    EXPECT_THAT(spec.filter->exclude, ElementsAre("x"));
    EXPECT_EQ(spec.filter->max_items, 25U);
    EXPECT_TRUE(spec.filter->drop_nulls);
    EXPECT_THAT(spec.text_filter->strip_lines_matching, ElementsAre("^#"));
    EXPECT_THAT(spec.text_filter->keep_lines_matching, ElementsAre("a", "b"));
    EXPECT_TRUE(spec.text_filter->dedup);
    EXPECT_EQ(spec.text_filter->max_lines, 50U);
    EXPECT_TRUE(spec.text_filter->strip_ansi);
    EXPECT_EQ(spec.text_filter->on_empty, "ok");
    EXPECT_EQ(spec.compact->header, "h");
    EXPECT_EQ(spec.compact->item, "#{{.number}}");
    EXPECT_EQ(spec.compact->footer, "f");
}

TEST(ResponseReaderTest, ASchemaIsKeptAsItIsAndCompiled) {
    const One one = load_action(
        "path: /o, response: {schema: {type: object, properties: {id: {type: integer}}}}");
    EXPECT_EQ(to_json(one.action().response.schema),
              R"({"type":"object","properties":{"id":{"type":"integer"}}})");
    EXPECT_TRUE(one.action().response.compiled);
    EXPECT_FALSE(load_action("path: /o").action().response.compiled);
}

TEST(ResponseReaderTest, ASchemaThatCanNotBeHeldToIsRefused) {
    const struct {
        const char* response;
        const char* fault;
    } rows[] = {
        {"schema: [a]", "m.yaml:4:37: actions.do.response.schema: not a JSON Schema"},
        {"schema: {type: objekt}", "actions.do.response.schema: "},
        {"schema: {unevaluatedProperties: false}", "unevaluatedProperties"},
        {"type: text, schema: {type: string}", "only for answers that are JSON"},
        {"type: binary, schema: {}", "only for answers that are JSON"},
        {"compact: {item: x}, schema: {type: array}", "not used beside compact"},
        {"shema: {}", "unknown key \"shema\" (did you mean \"schema\"?)"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(action_faults("path: /o, response: {" + std::string(row.response) + "}"),
                    HasSubstr(row.fault))
            << row.response;
    }
}

TEST(ResponseReaderTest, TypesAndDefaults) {
    const auto type = [](const std::string& name) {
        return load_action("path: /o, response: {type: " + name + "}").action().response.type;
    };
    EXPECT_EQ(type("object"), ResponseType::object);
    EXPECT_EQ(type("text"), ResponseType::text);
    EXPECT_EQ(type("binary"), ResponseType::binary);
    const ResponseSpec spec = load_action("path: /o").action().response;
    EXPECT_EQ(spec.type, ResponseType::automatic);
    EXPECT_EQ(spec.stream, StreamType::none);
    EXPECT_FALSE(spec.filter || spec.text_filter || spec.compact);
    EXPECT_EQ(load_action("path: /o, response: {stream: sse}").action().response.stream,
              StreamType::sse);
}

TEST(ResponseReaderTest, EachFaultHasItsPlaceAndItsMend) {
    const struct {
        const char* response;
        const char* fault;
    } rows[] = {
        {"{typ: object}",
         "m.yaml:4:29: actions.do.response: unknown key \"typ\" (did you mean \"type\"?)"},
        {"{type: json}", "response.type: \"json\" is not known here (one of: object, array, text"},
        {"{stream: chunks}", "response.stream: \"chunks\" is not known here (one of: sse, ndjson)"},
        {"{error_when: [{path: a}]}", "says no condition (add equals, not_equals or exists)"},
        {"{error_when: [{equals: 1}]}", "\"path\" is missing (add it)"},
        {"{error_when: x}", "response.error_when: not a list"},
        {"{filter: {max_item: 1}}", "unknown key \"max_item\" (did you mean \"max_items\"?)"},
        {"{filter: {max_items: -1}}", "filter.max_items: too small (at least 0)"},
        {"{filter: {select: {a: [b]}}}", "filter.select.a: not a string"},
        {"{filter: {select: 5}}", "filter.select: not paths (like {id: id} or [id, owner.login])"},
        {"{filter: {select: true}}", "filter.select: not paths"},
        {"{extract: \"data[\"}",
         "response.extract: \"data[\" leads nowhere: a [ without its ] (like items[0].id)"},
        {"{extract: \"data[*].id\"}",
         "\"data[*].id\" leads nowhere: [*] is not the number of an element"},
        {"{extract: a..b}", "\"a..b\" leads nowhere: a step without a name"},
        {"{error_when: [{path: \"e[x]\", exists: true}]}", "error_when[0].path: \"e[x]\" leads"},
        {"{error_when: {path: e, exists: true, message_path: \"e[].m\"}}",
         "error_when.message_path: \"e[].m\" leads"},
        {"{filter: {select: {a: \"b[i]\"}}}", "filter.select.a: \"b[i]\" leads"},
        {"{filter: {select: [a, \"b[i]\"]}}", "filter.select: \"b[i]\" leads"},
        {"{filter: {exclude: [\"b[i]\"]}}", "filter.exclude: \"b[i]\" leads"},
        {"{text_filter: {keep_lines_matching: [\"(\"]}}",
         "text_filter.keep_lines_matching: \"(\" is not a pattern"},
        {"{text_filter: {dedup: often}}", "text_filter.dedup: not a boolean"},
        {"{compact: {items: x}}", "unknown key \"items\" (did you mean \"item\"?)"},
        {"{compact: x}", "response.compact: not a map"},
        {"text", "actions.do.response: not a map"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(action_faults("path: /o, response: " + std::string(row.response)),
                    HasSubstr(row.fault));
    }
}

}  // namespace
}  // namespace kimbap::manifests::test
