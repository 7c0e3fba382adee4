#include "manifests/arg_reader.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string schema_of(const std::string& arg) {
    const One one = load_action("path: /o, args: [{name: a, " + arg + "}]");
    return to_json(one.action().input_schema.at("properties").at("a"));
}

TEST(ArgReaderTest, EveryKeyBecomesItsSchemaKeyword) {
    const struct {
        const char* arg;
        const char* schema;
    } rows[] = {
        {"type: string", R"({"type":"string"})"},
        {"required: false", R"({"type":"string"})"},
        {"type: integer, minimum: 1, maximum: 99, default: 1",
         R"({"type":"integer","minimum":1,"maximum":99,"default":1})"},
        {"type: number, minimum: 0.5", R"({"type":"number","minimum":0.5})"},
        {"type: boolean, default: false", R"({"type":"boolean","default":false})"},
        {"type: string, min_length: 1, max_length: 500, pattern: \"^[^<]*$\", format: email",
         R"({"type":"string","minLength":1,"maxLength":500,"pattern":"^[^<]*$","format":"email"})"},
        {"type: string, enum: [a, b], description: Which",
         R"({"type":"string","enum":["a","b"],"description":"Which"})"},
        {"type: string, enum: [1, yes, 2026-01-01, x]",
         R"({"type":"string","enum":["1","yes","2026-01-01","x"]})"},
        {"type: integer, enum: [1, 2]", R"({"type":"integer","enum":[1,2]})"},
        {"type: integer, minimum: 3, maximum: 3", R"({"type":"integer","minimum":3,"maximum":3})"},
        {"type: array, items: {type: string}, min_items: 1, max_items: 3",
         R"({"type":"array","minItems":1,"maxItems":3,"items":{"type":"string"}})"},
        {"type: object, properties: {x: {type: integer}}",
         R"({"type":"object","properties":{"x":{"type":"integer"}}})"},
        {"type: string, default: 100", R"({"type":"string","default":"100"})"},
        {"type: string, default: true", R"({"type":"string","default":"true"})"},
        {"type: string, default: null", R"({"type":"string"})"},
        {"type: integer, default: 9007199254740993",
         R"({"type":"integer","default":9007199254740993})"},
        {"schema: {type: [string, \"null\"], examples: [x]}, description: d",
         R"({"type":["string","null"],"examples":["x"],"description":"d"})"},
        {"type: string, sensitive: true", R"({"type":"string"})"},
    };
    for (const auto& row : rows) EXPECT_EQ(schema_of(row.arg), row.schema) << row.arg;
}

TEST(ArgReaderTest, RequiredAndUnknownArgumentsAreInTheSchema) {
    const Action action =
        load_action(
            "path: /o, args: [{name: a, required: true}, {name: b}, {name: c, required: "
            "true, default: x}]")
            .action();
    EXPECT_EQ(to_json(action.input_schema.at("required")), R"(["a"])");
    EXPECT_EQ(action.input_schema.at("additionalProperties"), false);
    EXPECT_FALSE(action.verbatim_schema);
    EXPECT_EQ(to_json(load_action("path: /o").action().input_schema),
              R"({"type":"object","properties":{},"additionalProperties":false})");
}

TEST(ArgReaderTest, AVerbatimSchemaIsOfferedAsItStands) {
    const std::string schema =
        R"({type: object, title: T, x-own: 1, properties: {a: {type: string, default: q}, b: {$ref: "#/properties/a"}}, required: [b]})";
    const std::string json =
        R"({"type":"object","title":"T","x-own":1,"properties":{"a":{"type":"string","default":"q"},"b":{"$ref":"#/properties/a"}},"required":["b"]})";
    for (const std::string& spelt :
         {"schema: " + schema, "args: " + schema, "args: {schema: " + schema + "}"}) {
        const Action action =
            load_action("path: /o, " + spelt + ", request: {query: {a: \"{a}\", b: \"{b}\"}}")
                .action();
        EXPECT_TRUE(action.verbatim_schema);
        EXPECT_EQ(to_json(action.input_schema), json);
        ASSERT_EQ(action.args.size(), 2U);
        EXPECT_EQ(to_json(*action.args[0].default_value), "\"q\"");
    }
}

TEST(ArgReaderTest, NullIsNoDefaultInASchemaEither) {
    const Action action =
        load_action(
            "path: /o, schema: {type: object, properties: {a: {type: string, default: null}}}")
            .action();
    EXPECT_FALSE(action.args.at(0).default_value);
}

TEST(ArgReaderTest, ReferencesOfAnArgumentsOwnSchemaKeepTheirTarget) {
    EXPECT_EQ(
        schema_of("schema: {$ref: \"#/$defs/x\", $defs: {x: {$ref: \"#\", const: {$ref: "
                  "\"#/k\"}}, y: {$anchor: z}}, not: {$ref: \"#z\"}}"),
        R"({"$ref":"#/properties/a/$defs/x","$defs":{"x":{"$ref":"#/properties/a","const":{"$ref":"#/k"}},"y":{"$anchor":"z"}},"not":{"$ref":"#z"}})");
}

TEST(ArgReaderTest, SensitiveArgumentsAreKnown) {
    EXPECT_THAT(load_action("path: /o, args: [{name: a}, {name: b, sensitive: true}]")
                    .action()
                    .sensitive_args(),
                ElementsAre("b"));
    EXPECT_THAT(load_action("path: /o, schema: {type: object, properties: {p: {sensitive: true}}}")
                    .action()
                    .sensitive_args(),
                ElementsAre("p"));
}

TEST(ArgReaderTest, EachFaultHasItsPlaceAndItsMend) {
    const struct {
        const char* args;
        const char* fault;
    } rows[] = {
        {"args: [{type: string}]", "m.yaml:4:25: actions.do.args[0]: \"name\" is missing (add it)"},
        {"args: [{name: a b}]",
         "args[0].name: \"a b\" can't stand in a template (use letters, digits, _, - and .)"},
        {"args: [{name: a}, {name: a}]", "a second argument named \"a\" (rename or remove it)"},
        {"args: [{name: a, type: int}]", "args[0].type: \"int\" is not known here (one of: string"},
        {"args: [{name: a, minimum: x}]", "args[0].minimum: not a number"},
        {"args: [{name: a, min_length: -1}]", "args[0].min_length: not a count (0 or more)"},
        {"args: [{name: a, max_items: 1.5}]", "args[0].max_items: not a count (0 or more)"},
        {"args: [{name: a, type: integer, minimum: 9, maximum: 3}]",
         "args[0].maximum: below minimum, so that nothing fits (9 or more)"},
        {"args: [{name: a, min_length: 5, max_length: 4}]",
         "args[0].max_length: below min_length, so that nothing fits (5 or more)"},
        {"args: [{name: a, type: array, min_items: 2, max_items: 1}]",
         "args[0].max_items: below min_items, so that nothing fits (2 or more)"},
        {"args: [{name: a, type: integer, enum: [1, b]}]",
         "args[0].enum: \"b\" does not fit: /: must be of type integer (is string)"},
        {"args: [{name: a, enum: x}]", "args[0].enum: not a list (like [a, b])"},
        {"args: [{name: a, type: array, items: string}]",
         "args[0].items: not a schema (like {type: string})"},
        {"args: [{name: a, properties: [x]}]", "args[0].properties: not a map of names to schemas"},
        {"args: [{name: a, pattern: \"(?<x\"}]", "args[0]: /pattern: the pattern can't be used"},
        {"args: [{name: a, type: array, items: {max_length: 5}}]",
         "/items/max_length: not a keyword of JSON Schema (did you mean \"maxLength\"?)"},
        {"args: [{name: a, type: integer, maximum: 9, default: 10}]",
         "args[0].default: the default does not fit: /: must be at most 9 (is 10)"},
        {"args: [{name: a, enum: [x, y], default: z}]",
         "the default does not fit: /: \"z\" is not one of \"x\", \"y\""},
        {"args: [{name: a, required: maybe}]",
         "args[0].required: not a boolean (expected true or false)"},
        {"args: [{name: a, requried: true}]",
         "unknown key \"requried\" (did you mean \"required\"?)"},
        {"args: [{name: a, schema: x}]", "args[0].schema: not a JSON Schema (expected a map)"},
        {"args: [{name: a, type: string, schema: {}}]",
         "args[0].type: not used beside schema (write it into the schema)"},
        {"args: [{name: a, schema: {unevaluatedItems: false}}]",
         "args[0]: /unevaluatedItems: this keyword is not supported"},
        {"args: x", "actions.do.args: not a list"},
        {"args: [x]", "actions.do.args[0]: not a map of keys to values"},
        {"schema: {type: array}", "the schema of an action's arguments must have type: object"},
        {"schema: {type: object, properties: {a: {type: str}}}",
         "actions.do.schema: /properties/a/type: \"str\" is not a type"},
        {"schema: x", "actions.do.schema: not a JSON Schema (expected a map)"},
        {"schema: {type: object}, args: [{name: a}]",
         "actions.do.args: not used beside schema (keep one of them)"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(action_faults("path: /o, " + std::string(row.args)), HasSubstr(row.fault));
    }
}

}  // namespace
}  // namespace kimbap::manifests::test
