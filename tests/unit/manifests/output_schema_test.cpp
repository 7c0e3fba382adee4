#include "manifests/output_schema.hpp"

#include "manifests/action_registry.hpp"
#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPromising =
    "path: /o, risk: low, response: {extract: data, filter: {select: [id, state]}, "
    "schema: {type: object, required: [id], additionalProperties: false, "
    "properties: {id: {type: integer}, state: {enum: [open, shut]}}}}";

ShapedResponse shaped(const One& one, std::string body, std::string type = "application/json") {
    return shape(one.action(), {200, std::move(type), std::move(body)});
}

TEST(OutputSchemaTest, HoldsTheAnswerToItAfterExtractionAndFilters) {
    const One one = load_action(kPromising);
    const auto verdict = [&](std::string body) {
        return broken_promise(one.action(), shaped(one, std::move(body)));
    };
    EXPECT_EQ(verdict(R"({"data":{"id":1,"state":"open","more":true}})"), std::nullopt);
    EXPECT_THAT(verdict(R"({"data":{"id":"1"}})").value_or(""),
                HasSubstr("(response.schema): /id: must be of type integer (is string). Tell"));
    EXPECT_THAT(verdict(R"({"data":{"state":"ajar"}})").value_or(""), HasSubstr("/state"));
    EXPECT_THAT(verdict(R"({"id":1})").value_or(""), HasSubstr("must be of type object"));
}

TEST(OutputSchemaTest, WhatIsNotJsonBreaksThePromise) {
    const One one = load_action(kPromising);
    EXPECT_THAT(broken_promise(one.action(), shaped(one, "words", "text/plain")).value_or(""),
                HasSubstr("the answer is not JSON"));
    EXPECT_THAT(broken_promise(one.action(), shaped(one, "")).value_or(""),
                HasSubstr("the answer is not JSON"));
}

TEST(OutputSchemaTest, SaysWhetherTheCallTookEffect) {
    const One writes = load_action("path: /o, method: POST, response: {schema: {type: object}}");
    const One reads = load_action("path: /o, response: {schema: {type: object}}");
    EXPECT_THAT(broken_promise(writes.action(), shaped(writes, "[]")).value_or(""),
                HasSubstr("took effect all the same: do not repeat it"));
    EXPECT_THAT(broken_promise(reads.action(), shaped(reads, "[]")).value_or(""),
                Not(HasSubstr("took effect")));
}

TEST(OutputSchemaTest, WithoutASchemaNothingIsPromised) {
    const One one = load_action("path: /o");
    EXPECT_EQ(broken_promise(one.action(), shaped(one, "words", "text/plain")), std::nullopt);
}

TEST(OutputSchemaTest, ObjectsAloneForOlderClients) {
    const auto wrapped = [](std::string_view schema) {
        const auto out = object_schema_of(object(schema));
        return out ? to_json(*out) : "";
    };
    EXPECT_EQ(wrapped(R"({"type":"object","required":["a"]})"),
              R"({"type":"object","required":["a"]})");
    EXPECT_EQ(
        wrapped(R"({"type":"array","items":{"type":"string"}})"),
        R"({"type":"object","properties":{"result":{"type":"array","items":{"type":"string"}}},)"
        R"("required":["result"]})");
    EXPECT_EQ(
        wrapped(R"({"type":["array","null"]})"),
        R"({"type":"object","properties":{"result":{"type":["array","null"]}},"required":["result"]})");
    for (const char* open : {R"({})", R"({"type":["array","object"]})", R"({"items":{}})"}) {
        EXPECT_EQ(wrapped(open), "") << open;
    }
}

TEST(OutputSchemaTest, AWrappedSchemaKeepsItsReferencesAndDialect) {
    const auto wrapped = object_schema_of(object(
        R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://x.example/s",)"
        R"("type":"array","items":{"$ref":"#/$defs/one"},)"
        R"("$defs":{"one":{"type":"object","properties":{"more":{"$ref":"#"}}}}})"));
    ASSERT_TRUE(wrapped);
    EXPECT_EQ(wrapped->at("$schema"), "https://json-schema.org/draft/2020-12/schema");
    const auto schema = Schema::compile(*wrapped);
    ASSERT_TRUE(schema) << schema.error().message;
    EXPECT_TRUE(schema->validate(parse(R"({"result":[{"more":[]}]})")).empty());
    EXPECT_FALSE(schema->validate(parse(R"({"result":[{"more":1}]})")).empty());
}

TEST(OutputSchemaTest, TheRegistryHasBothForms) {
    std::vector<Service> services;
    services.push_back(load_service(manifest_with("path: /o, response: {schema: {type: array}}")));
    const auto registry = ActionRegistry::create(std::move(services));
    ASSERT_TRUE(registry);
    const RegisteredAction& action = (*registry)->actions()[0];
    EXPECT_EQ(action.output_schema, R"({"type":"array"})");
    EXPECT_THAT(action.object_output_schema, HasSubstr(R"("result":{"type":"array"})"));
    EXPECT_THAT(action.tool_json, Not(HasSubstr("outputSchema")));
}

}  // namespace
}  // namespace kimbap::manifests::test
