#include "manifests/schema.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// The violations, " | " between them; "" for a valid value.
std::string check(std::string_view schema, std::string_view value) {
    const auto compiled = Schema::compile(object(schema));
    if (!compiled) return "refused: " + compiled.error().message;
    std::string out;
    for (const std::string& one : compiled->validate(parse(value))) {
        out += (out.empty() ? "" : " | ") + one;
    }
    return out;
}

struct Row {
    const char* schema;
    const char* value;
    const char* violations;
};

TEST(SchemaTest, TypesAndEnumerations) {
    const Row rows[] = {
        {R"({})", "null", ""},
        {R"({"type": "string"})", "\"x\"", ""},
        {R"({"type": "string"})", "5", "/: must be of type string (is integer): pass it in quotes"},
        {R"({"type": "integer"})", "1.0", ""},
        {R"({"type": "integer"})", "18446744073709551615", ""},
        {R"({"type": "integer"})", "-9223372036854775808", ""},
        {R"({"type": "integer"})", "1e19", ""},
        {R"({"type": "integer"})", "18446744073709551616",
         "/: is too large (whole numbers have at most 64 bits)"},
        {R"({"type": "integer"})", "-9223372036854775809",
         "/: is too large (whole numbers have at most 64 bits)"},
        {R"({"type": "integer"})", "1e300", "/: is too large (whole numbers have at most 64 bits)"},
        {R"({"type": "number"})", "1e300", ""},
        {R"({"type": "integer"})", "1.5", "/: must be of type integer (is number)"},
        {R"({"type": "integer"})", "\"5\"",
         "/: must be of type integer (is string): pass it without quotes"},
        {R"({"type": "boolean"})", "\"true\"",
         "/: must be of type boolean (is string): pass it without quotes"},
        {R"({"type": "array"})", "\"[1]\"",
         "/: must be of type array (is string): pass it as JSON, not as a string"},
        {R"({"type": "object"})", "\"{}\"",
         "/: must be of type object (is string): pass it as JSON, not as a string"},
        {R"({"type": "number"})", "1", ""},
        {R"({"type": "null"})", "0", "/: must be of type null (is integer)"},
        {R"({"type": ["string", "null"]})", "null", ""},
        {R"({"type": ["string", "null"]})", "1", "/: must be of type string or null (is integer)"},
        {R"({"enum": ["a", 1, null]})", "1.0", ""},
        {R"({"enum": ["a", 1, null]})", "null", ""},
        {R"({"enum": ["a", 1]})", "\"b\"", "/: \"b\" is not one of \"a\", 1"},
        {R"({"const": {"a": 1}})", "{\"a\": 1.0}", ""},
        {R"({"const": true})", "false", "/: must be true"},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(check(row.schema, row.value), row.violations) << row.schema << " " << row.value;
    }
}

TEST(SchemaTest, Numbers) {
    const Row rows[] = {
        {R"({"minimum": 1})", "1", ""},
        {R"({"minimum": 1})", "0", "/: must be at least 1 (is 0)"},
        {R"({"maximum": 99})", "100", "/: must be at most 99 (is 100)"},
        {R"({"exclusiveMinimum": 0})", "0", "/: must be more than 0 (is 0)"},
        {R"({"exclusiveMaximum": 1})", "1", "/: must be less than 1 (is 1)"},
        {R"({"exclusiveMaximum": 1})", "0.999", ""},
        {R"({"maximum": 9223372036854775807})", "9223372036854775808",
         "/: must be at most 9223372036854775807 (is 9223372036854775808)"},
        {R"({"minimum": -9223372036854775808})", "-9223372036854775808", ""},
        {R"({"multipleOf": 5})", "15", ""},
        {R"({"multipleOf": 5})", "16", "/: must be a multiple of 5 (is 16)"},
        {R"({"multipleOf": 0.1})", "0.3", ""},
        {R"({"multipleOf": 0.01})", "19.99", ""},
        {R"({"multipleOf": 0.01})", "1000000.01", ""},
        {R"({"multipleOf": 0.01})", "1000000.015",
         "/: must be a multiple of 0.01 (is 1000000.015)"},
        {R"({"multipleOf": 0.01})", "19.995", "/: must be a multiple of 0.01 (is 19.995)"},
        {R"({"minimum": 5})", "\"1\"", ""},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(check(row.schema, row.value), row.violations) << row.schema << " " << row.value;
    }
}

TEST(SchemaTest, Strings) {
    const Row rows[] = {
        {R"({"minLength": 2})", "\"€€\"", ""},
        {R"({"minLength": 2})", "\"€\"", "/: must have at least 2 characters (has 1)"},
        {R"({"maxLength": 2})", "\"€€\"", ""},
        {R"({"maxLength": 2})", "\"abc\"", "/: must have at most 2 characters (has 3)"},
        {R"({"pattern": "b"})", "\"abc\"", ""},
        {R"({"pattern": "^[a-z]+$"})", "\"a1\"", "/: must match the pattern \"^[a-z]+$\""},
        {R"({"pattern": "^.$"})", "\"€\"", ""},
        {R"({"format": "uuid"})", "\"none\"", ""},
        {R"({"minLength": 5})", "1", ""},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(check(row.schema, row.value), row.violations) << row.schema << " " << row.value;
    }
}

TEST(SchemaTest, Arrays) {
    const Row rows[] = {
        {R"({"minItems": 1})", "[]", "/: must have at least 1 items (has 0)"},
        {R"({"maxItems": 1})", "[1, 2]", "/: must have at most 1 items (has 2)"},
        {R"({"uniqueItems": true})", "[1, 2, \"1\"]", ""},
        {R"({"uniqueItems": true})", "[1, 1.0]", "/: must not have equal items: 1.0"},
        {R"({"uniqueItems": true})", "[{\"a\": 1, \"b\": 2}, {\"b\": 2, \"a\": 1}]",
         "/: must not have equal items: {\"b\":2,\"a\":1}"},
        {R"({"uniqueItems": false})", "[1, 1]", ""},
        {R"({"items": {"type": "string"}})", "[\"a\", 2]",
         "/1: must be of type string (is integer): pass it in quotes"},
        {R"({"items": false})", "[1]", "/0: is not allowed here (remove it)"},
        {R"({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false})",
         "[\"a\", 1]", ""},
        {R"({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}})", "[1, \"x\"]",
         "/0: must be of type string (is integer): pass it in quotes | /1: must be of type integer "
         "(is string): pass it without quotes"},
        {R"({"contains": {"const": 1}})", "[2, 1]", ""},
        {R"({"contains": {"const": 1}})", "[2]", "/: has too few items that fit {\"const\":1}"},
        {R"({"contains": {"const": 1}, "minContains": 0})", "[]", ""},
        {R"({"contains": {"const": 1}, "maxContains": 1})", "[1, 1]",
         "/: has too many items that fit {\"const\":1}"},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(check(row.schema, row.value), row.violations) << row.schema << " " << row.value;
    }
}

TEST(SchemaTest, Objects) {
    const Row rows[] = {
        {R"({"required": ["a"]})", "{}", "/a: is required"},
        {R"({"required": ["a"], "properties": {"a": {"type": "string", "description": "A name"}}})",
         "{}", "/a: is required (string: A name)"},
        {R"({"properties": {"a": {"type": "string"}}})", "{\"a\": 1, \"b\": 2}",
         "/a: must be of type string (is integer): pass it in quotes"},
        {R"({"properties": {"limit": {}}, "additionalProperties": false})", "{\"limt\": 1}",
         "/limt: is not known (did you mean \"limit\"?)"},
        {R"({"properties": {"limit": {}, "page": {}}, "additionalProperties": false})",
         "{\"customer\": 1}", "/customer: is not known (known: limit, page)"},
        {R"({"properties": {}, "additionalProperties": false})", "{\"x\": 1}",
         "/x: is not known (nothing is expected here)"},
        {R"({"additionalProperties": {"type": "integer"}})", "{\"x\": 1.5}",
         "/x: must be of type integer (is number)"},
        {R"({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false})",
         "{\"x-a\": \"1\"}", ""},
        {R"({"patternProperties": {"^x-": {"type": "string"}}})", "{\"x-a\": 1}",
         "/x-a: must be of type string (is integer): pass it in quotes"},
        {R"({"propertyNames": {"maxLength": 2}})", "{\"abc\": 1}",
         "/abc: must have at most 2 characters (has 3)"},
        {R"({"minProperties": 1})", "{}", "/: must have at least 1 members (has 0)"},
        {R"({"maxProperties": 1})", "{\"a\": 1, \"b\": 2}",
         "/: must have at most 1 members (has 2)"},
        {R"({"dependentRequired": {"a": ["b"]}})", "{\"a\": 1}", "/b: is required"},
        {R"({"dependentRequired": {"a": ["b"]}})", "{\"c\": 1}", ""},
        {R"({"dependentSchemas": {"a": {"required": ["b"]}}})", "{\"a\": 1}", "/b: is required"},
        {R"({"properties": {"a/b": {"type": "null"}}})", "{\"a/b\": 1}",
         "/a~1b: must be of type null (is integer)"},
        {R"({"required": ["a"]})", "[]", ""},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(check(row.schema, row.value), row.violations) << row.schema << " " << row.value;
    }
}

TEST(SchemaTest, Combinations) {
    const Row rows[] = {
        {R"({"allOf": [{"minimum": 1}, {"maximum": 3}]})", "4", "/: must be at most 3 (is 4)"},
        {R"({"anyOf": [{"type": "string"}, {"type": "integer"}]})", "1", ""},
        {R"({"anyOf": [{"type": "string"}, {"required": ["a"]}]})", "{}",
         "/: fits none of the alternatives: (1) /: must be of type string (is object); (2) /a: is "
         "required"},
        {R"({"oneOf": [{"minimum": 1}, {"maximum": 5}]})", "9", ""},
        {R"({"oneOf": [{"minimum": 1}, {"maximum": 5}]})", "3",
         "/: fits 2 alternatives, but must fit exactly one of [{\"minimum\":1},{\"maximum\":5}]"},
        {R"({"oneOf": [{"minimum": 5}]})", "3",
         "/: fits none of the alternatives: (1) /: must be at least 5 (is 3)"},
        {R"({"not": {"const": 1}})", "2", ""},
        {R"({"not": {"const": 1}})", "1", "/: must not fit {\"const\":1}"},
        {R"({"if": {"const": 1}, "then": false})", "1", "/: is not allowed here (remove it)"},
        {R"({"if": {"const": 1}, "then": false})", "2", ""},
        {R"({"if": {"const": 1}, "else": {"minimum": 5}})", "2", "/: must be at least 5 (is 2)"},
        {R"({"then": false, "else": false})", "2", ""},
        {R"({"$ref": "#/$defs/p", "maximum": 9, "$defs": {"p": {"minimum": 1}}})", "0",
         "/: must be at least 1 (is 0)"},
        {R"({"$ref": "#/$defs/p", "maximum": 9, "$defs": {"p": {"minimum": 1}}})", "10",
         "/: must be at most 9 (is 10)"},
        {R"({"properties": {"next": {"$ref": "#"}, "v": {"type": "integer"}}})",
         R"({"v": 1, "next": {"v": 2, "next": {"v": "x"}}})",
         "/next/next/v: must be of type integer (is string): pass it without quotes"},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(check(row.schema, row.value), row.violations) << row.schema << " " << row.value;
    }
}

TEST(SchemaTest, ViolationsAreGatheredUpToALimit) {
    EXPECT_EQ(check(R"({"required": ["a", "b"], "maxProperties": 0})", "{\"c\": 1}"),
              "/: must have at most 0 members (has 1) | /a: is required | /b: is required");
    const auto schema = Schema::compile(object(R"({"items": {"type": "string"}})"));
    EXPECT_THAT(schema->validate(json::value(json::array(100, json::value(1)))),
                SizeIs(Schema::kMaxViolations));
}

// A schema that never ends, or takes time that grows by powers, must not hang a call; and giving up
// must not let a value through, even where the endless part stands within a "not".
TEST(SchemaTest, EndlessSchemasEndInAViolation) {
    for (const char* schema :
         {R"({"$ref": "#"})", R"({"allOf": [{"$ref": "#"}, {"$ref": "#"}]})",
          R"({"not": {"$ref": "#"}})", R"({"anyOf": [{"$ref": "#"}, {"$ref": "#"}, true]})"}) {
        EXPECT_THAT(check(schema, "1"),
                    HasSubstr("can't be checked: the schema recurses too deeply"))
            << schema;
    }
    std::string doubling = R"({"$defs": {"d0": {"type": "string"})";
    for (int i = 1; i < 40; ++i) {
        const std::string below = R"({"$ref": "#/$defs/d)" + std::to_string(i - 1) + "\"}";
        doubling += ",\"d" + std::to_string(i) + R"(": {"anyOf": [)" + below + "," + below + "]}";
    }
    EXPECT_THAT(check(doubling + R"(}, "$ref": "#/$defs/d39"})", "1"),
                HasSubstr("can't be checked: it takes too many steps"));
}

TEST(SchemaTest, ARefusedSchemaNamesEveryFault) {
    const auto schema = Schema::compile(object(R"({"minimum": "1", "unevaluatedItems": false})"));
    ASSERT_FALSE(schema);
    EXPECT_EQ(schema.error().code, Errc::invalid_config);
    EXPECT_THAT(schema.error().message, HasSubstr("/minimum"));
    EXPECT_THAT(schema.error().message, HasSubstr("/unevaluatedItems"));
}

}  // namespace
}  // namespace kimbap::manifests::test
