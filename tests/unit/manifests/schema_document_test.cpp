#include "manifests/schema_document.hpp"

#include "manifests/schema.hpp"
#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> faults(std::string_view text) {
    return SchemaDocument(object(text)).compile();
}

TEST(SchemaDocumentTest, TakesEveryKeywordOfTheSubset) {
    EXPECT_THAT(faults(R"({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://x.example/s",
        "$comment": "c", "title": "t", "description": "d", "default": {}, "examples": [1],
        "deprecated": true, "readOnly": false, "writeOnly": false, "x-own": 1, "format": "uuid",
        "contentEncoding": "base64", "contentMediaType": "text/plain", "contentSchema": true,
        "type": ["object", "null"], "enum": [1], "const": null,
        "minimum": 0.5, "maximum": 1, "exclusiveMinimum": 0, "exclusiveMaximum": 2, "multipleOf": 0.1,
        "minLength": 0, "maxLength": 1.0, "pattern": "^a", "minItems": 0, "maxItems": 1,
        "uniqueItems": true, "items": {}, "prefixItems": [true], "contains": {}, "minContains": 0,
        "maxContains": 2, "properties": {"a": {"$anchor": "a"}}, "required": ["a"],
        "patternProperties": {"^b": false}, "additionalProperties": {}, "propertyNames": {},
        "minProperties": 0, "maxProperties": 9, "dependentRequired": {"a": ["b"]},
        "dependentSchemas": {"a": {}}, "$defs": {"d": {}}, "definitions": {"e": {}},
        "allOf": [{}], "anyOf": [{}], "oneOf": [{}], "not": false, "if": {}, "then": {}, "else": {},
        "$ref": "#/$defs/d"})"),
                ElementsAre());
}

TEST(SchemaDocumentTest, EachFaultNamesItsKeywordAndTheMend) {
    const struct {
        const char* schema;
        const char* fault;
    } rows[] = {
        {R"({"unevaluatedProperties": false})",
         "/unevaluatedProperties: this keyword is not supported (list all properties"},
        {R"({"unevaluatedItems": false})", "/unevaluatedItems: this keyword is not supported"},
        {R"({"$dynamicRef": "#x"})", "/$dynamicRef: this keyword is not supported (use $ref)"},
        {R"({"$recursiveRef": "#"})", "/$recursiveRef: this keyword is not supported"},
        {R"({"$vocabulary": {}})", "/$vocabulary: this keyword is not supported"},
        {R"({"dependencies": {}})", "(use dependentRequired or dependentSchemas)"},
        {R"({"additionalItems": false})", "(use prefixItems with items)"},
        {R"({"items": [{}]})", "/items: not a schema (write a list of schemas under prefixItems)"},
        {R"({"items": {"min_length": 1}})",
         "/items/min_length: not a keyword of JSON Schema (did you mean \"minLength\"?)"},
        {R"({"maxitems": 1})",
         "/maxitems: not a keyword of JSON Schema (did you mean \"maxItems\"?)"},
        {R"({"properties": {"a": {"$id": "x"}}})", "/properties/a/$id: a schema within the schema"},
        {R"({"$ref": "https://x.example/s"})", "/$ref: only references within the schema"},
        {R"({"$ref": 1})", "/$ref: only references within the schema"},
        {R"({"$ref": "#/$defs/none"})", "/$ref: $ref \"#/$defs/none\" leads nowhere"},
        {R"({"$ref": "#none"})", "leads nowhere"},
        {R"({"$ref": "#/anyOf/x", "anyOf": [{}]})", "leads nowhere"},
        {R"({"$ref": "#/title", "title": "t"})", "#/title: not a schema"},
        {R"({"$ref": "#/x", "x": {"type": "strin"}})", "#/x/type: \"strin\" is not a type"},
        {R"s({"pattern": "(?=x)"})s", "/pattern: the pattern can't be used"},
        {R"({"pattern": 1})", "/pattern: not a string"},
        {R"({"patternProperties": {"(": {}}})", "/patternProperties/(: the pattern can't be used"},
        {R"({"type": "strng"})", "/type: \"strng\" is not a type (one of: null"},
        {R"({"type": []})", "/type: [] is not a type"},
        {R"({"type": ["string", 1]})", "is not a type"},
        {R"({"enum": {}})", "/enum: not a list of values"},
        {R"({"enum": []})", "/enum: not a list of values (with at least one)"},
        {R"({"required": true})", "/required: not a list of names (write required: [a, b]"},
        {R"({"required": [1]})", "/required: not a list of names"},
        {R"({"uniqueItems": "yes"})", "/uniqueItems: not a boolean"},
        {R"({"dependentRequired": {"a": "b"}})", "/dependentRequired: not a map of names to lists"},
        {R"({"minimum": "5"})", "/minimum: \"5\" is not a number"},
        {R"({"exclusiveMinimum": true})", "/exclusiveMinimum: true is not a number"},
        {R"({"multipleOf": 0})", "/multipleOf: must be more than 0"},
        {R"({"minLength": -1})", "/minLength: -1 is not a count"},
        {R"({"maxItems": 1.5})", "/maxItems: 1.5 is not a count"},
        {R"({"properties": []})", "/properties: not a map of names to schemas"},
        {R"({"properties": {"a/b": 1}})", "/properties/a~1b: not a schema"},
        {R"({"allOf": {}})", "/allOf: not a list of schemas"},
        {R"({"anyOf": []})", "/anyOf: not a list of schemas (with at least one)"},
        {R"({"not": "x"})", "/not: not a schema (expected a map or a boolean)"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(faults(row.schema), ElementsAre(HasSubstr(row.fault))) << row.schema;
    }
}

TEST(SchemaDocumentTest, AllFaultsAreReportedAtOnce) {
    EXPECT_EQ(faults(R"({"minimum": "1", "type": "x", "items": {"pattern": "("}})").size(), 3U);
}

TEST(SchemaDocumentTest, ReferencesLeadToWhatTheyName) {
    SchemaDocument document(object(R"({
        "$defs": {"a b": {"title": "1"}, "x/y": {"title": "2"}, "n": {"$anchor": "here", "title": "3"}},
        "anyOf": [true, {"title": "4"}],
        "allOf": [{"$ref": "#/$defs/a%20b"}, {"$ref": "#/$defs/x~1y"}, {"$ref": "#here"},
                  {"$ref": "#/anyOf/1"}, {"$ref": "#"}]})"));
    ASSERT_THAT(document.compile(), ElementsAre());
    const auto title = [&](const char* reference) {
        return to_json(document.target(reference).at("title"));
    };
    EXPECT_EQ(title("#/$defs/a%20b"), "\"1\"");
    EXPECT_EQ(title("#/$defs/x~1y"), "\"2\"");
    EXPECT_EQ(title("#here"), "\"3\"");
    EXPECT_EQ(title("#/anyOf/1"), "\"4\"");
    EXPECT_EQ(&document.target("#"), &document.root());
}

TEST(SchemaDocumentTest, DeepNestingIsRefused) {
    std::string text = "{}";
    for (std::size_t i = 0; i < 20; ++i) text = R"({"items":)" + text + "}";
    EXPECT_THAT(faults(text), ElementsAre());
    json::value deep{json::object{}};
    for (std::size_t i = 0; i < Schema::kMaxDepth + 2; ++i) deep = json::object{{"not", deep}};
    EXPECT_THAT(SchemaDocument(deep.get_object()).compile(),
                ElementsAre(HasSubstr("nested too deeply")));
}

}  // namespace
}  // namespace kimbap::manifests::test
