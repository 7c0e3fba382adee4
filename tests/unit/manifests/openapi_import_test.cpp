#include "manifests/openapi_import.hpp"

#include "base/yaml_text.hpp"
#include "manifests/openapi_operation.hpp"
#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kDocument = R"json({
  "openapi": "3.0.3",
  "info": {"title": "Pet Store", "version": "1.2"},
  "servers": [{"url": "https://{region}.pets.example/v1/", "variables": {"region": {"default": "eu"}}}],
  "security": [{"key": []}],
  "components": {
    "securitySchemes": {
      "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
      "web": {"type": "http", "scheme": "bearer"}},
    "parameters": {"Limit": {"name": "limit", "in": "query", "description": "How many",
      "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}}},
    "schemas": {
      "Pet": {"allOf": [{"$ref": "#/components/schemas/NewPet"},
        {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "readOnly": true}}}]},
      "NewPet": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "maxLength": 20, "description": "What it answers to"},
        "tag": {"type": "string", "nullable": true},
        "parent": {"$ref": "#/components/schemas/NewPet"}}}}},
  "paths": {
    "/pets": {
      "parameters": [{"$ref": "#/components/parameters/Limit"}],
      "get": {"operationId": "listPets", "summary": "List the pets",
        "parameters": [{"name": "tags[]", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                       {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                       {"name": "Accept", "in": "header", "schema": {"type": "string"}},
                       {"name": "session", "in": "cookie", "schema": {"type": "string"}}]},
      "post": {"operationId": "create_pet", "security": [{"web": []}], "description": "Add one.\n\nMore.",
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}},
    "/pets/{pet id}": {
      "delete": {"deprecated": true, "security": [],
        "parameters": [{"name": "pet id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^(?!x)"}}]},
      "put": {"operationId": "photo", "requestBody": {"content": {"image/png": {}}}}},
    "/login": {"post": {"operationId": "login", "requestBody": {"content": {"application/x-www-form-urlencoded": {
      "schema": {"type": "object", "properties": {"user": {"type": "string"}}}}}}}},
    "/any": {"post": {"operationId": "any", "requestBody": {"content": {"application/json": {
      "schema": {"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/NewPet"}]}}}}}}}
})json";

ImportedManifest imported(std::string_view text, const OpenApiOptions& options = {}) {
    const auto document = parse_json(text);
    EXPECT_TRUE(document);
    auto out = import_openapi(*document, options);
    EXPECT_TRUE(out) << (out ? "" : out.error().message);
    return out ? std::move(*out) : ImportedManifest{};
}

TEST(OpenApiImportTest, GivesAManifestThatLoads) {
    const ImportedManifest result = imported(kDocument);
    const std::string yaml = to_yaml(result.manifest);
    const Service service = load_service(yaml);
    EXPECT_EQ(service.name, "pet-store");
    EXPECT_EQ(service.base_url, "https://eu.pets.example/v1");
    EXPECT_EQ(service.auth.type, AuthType::header);
    EXPECT_EQ(service.auth.field, "X-Api-Key");
    EXPECT_EQ(service.auth.credential_ref, "pet-store.token");
    std::vector<std::string> names;
    for (const Action& action : service.actions) names.push_back(action.name);
    EXPECT_THAT(names, ElementsAre("list-pets", "create-pet", "delete-pets-pet-id", "login", "any"))
        << yaml;
    EXPECT_EQ(service.actions[1].auth.type, AuthType::bearer);
    EXPECT_EQ(service.actions[2].auth.type, AuthType::none);
    EXPECT_EQ(service.actions[2].risk.level, RiskLevel::high);
}

TEST(OpenApiImportTest, ParametersAndBodiesBecomeArguments) {
    const ImportedManifest result = imported(kDocument);
    const json::object& actions = result.manifest.at("actions").get_object();
    EXPECT_EQ(
        to_yaml(actions.at("list-pets")),
        "description: \"List the pets\"\n"
        "method: GET\n"
        "path: \"/pets\"\n"
        "risk: {level: low, mutating: false}\n"
        "args:\n"
        "  - {name: tags, type: array, items: {type: string}}\n"
        "  - {name: X-Trace, type: string}\n"
        "  - {name: limit, type: integer, minimum: 1, maximum: 50, description: \"How many\"}\n"
        "request:\n"
        "  query: {\"tags[]\": \"{tags}\", limit: \"{limit}\"}\n"
        "  headers: {X-Trace: \"{X-Trace}\"}\n");
    const json::object& create = actions.at("create-pet").get_object();
    EXPECT_EQ(create.at("description"), "Add one.");
    EXPECT_EQ(
        create.at("request"),
        (json::object{{"query", {{"limit", "{limit}"}}},  // a parameter of the path's
                      {"body", {{"name", "{name}"}, {"tag", "{tag}"}, {"parent", "{parent}"}}}}));
    const json::array& args = create.at("args").get_array();
    EXPECT_EQ(args[1], (json::object{{"name", "name"},
                                     {"type", "string"},
                                     {"max_length", 20},
                                     {"required", true},
                                     {"description", "What it answers to"}}));
    EXPECT_EQ(args[2], (json::object{{"name", "tag"},
                                     {"schema", {{"type", json::array{"string", "null"}}}}}));
    const json::object& remove = actions.at("delete-pets-pet-id").get_object();
    EXPECT_EQ(remove.at("path"), "/pets/{pet_id}");
    EXPECT_EQ(remove.at("warnings"), json::array{"Deprecated by the service."});
    EXPECT_EQ(actions.at("login").at("request").at("encoding"), "form");
    EXPECT_EQ(actions.at("any").at("request"), (json::object{{"body", "{body}"}}));
}

TEST(OpenApiImportTest, NotesSayWhatWasLeftOut) {
    EXPECT_THAT(imported(kDocument).notes,
                ElementsAre("GET /pets: the cookie session is left out",
                            "PUT /pets/{pet id}: left out: its body is neither JSON nor a form "
                            "(image/png)"));
    EXPECT_THAT(imported(R"({"openapi": "3.1.0", "info": {"title": "a"},
        "security": [{"m": []}], "components": {"securitySchemes": {"m": {"type": "mutualTLS"}}},
        "paths": {"/": {"get": {}}}})",
                         {"b", "https://b.example"})
                    .notes,
                ElementsAre(HasSubstr("its authentication can't be done")));
}

TEST(OpenApiImportTest, SaysWhatItCannotSayTheSameWay) {
    const ImportedManifest result = imported(R"({"openapi": "3.0.0", "info": {"title": "a"},
        "servers": [{"url": "https://a.example"}], "paths": {
        "/a/{ids}": {"post": {"operationId": "a", "parameters": [
            {"name": "ids", "in": "path", "required": true, "schema": {"type": "array", "items": {"type": "string"}}},
            {"name": "filter", "in": "query", "schema": {"type": "object"}},
            {"name": "Host", "in": "header", "schema": {"type": "string"}},
            {"name": "n", "in": "query", "schema": {"type": "number", "minimum": 0, "exclusiveMinimum": true}},
            {"$ref": "other.yaml#/P"}],
          "requestBody": {"content": {"application/merge-patch+json": {"schema": {"type": "object",
            "properties": {"x": {"type": "string"}}}}}}}},
        "/b": {"get": {"operationId": "b", "servers": [{"url": "https://other.example"}]}}}})");
    EXPECT_THAT(result.notes,
                ElementsAre("POST /a/{ids}: the array ids (in the path) is sent as JSON",
                            "POST /a/{ids}: the object filter (in the query) is sent as JSON",
                            "POST /a/{ids}: the header Host, which kimbap sets itself, is left out",
                            "POST /a/{ids}: a parameter that is not in the document is left out",
                            HasSubstr("GET /b: left out: servers of its own")));
    const Service service = load_service(to_yaml(result.manifest));
    ASSERT_EQ(service.actions.size(), 1U);
    const json::object& action = result.manifest.at("actions").at("a").as_object();
    EXPECT_EQ(action.at("request").at("headers").at("Content-Type"),
              "application/merge-patch+json");
    EXPECT_NE(to_json(action).find(R"("exclusiveMinimum":0)"), std::string::npos)
        << to_json(action);
}

TEST(OpenApiImportTest, RefusesWhatIsNoDocument) {
    const struct {
        const char* text;
        const char* says;
    } rows[] = {
        {"[]", "not an OpenAPI 3 document"},
        {R"({"swagger": "2.0"})", "not an OpenAPI 3 document"},
        {R"({"openapi": "3.0.0"})", "give --name"},
        {R"({"openapi": "3.0.0", "info": {"title": "a"}})", "give --base-url"},
        {R"({"openapi": "3.0.0", "info": {"title": "a"}, "servers": [{"url": "/v1"}]})",
         "give --base-url"},
        {R"({"openapi": "3.0.0", "info": {"title": "a"}, "servers": [{"url": "https://a.example"}], "paths": {}})",
         "no operation"},
    };
    for (const auto& row : rows) {
        const auto result = import_openapi(*parse_json(row.text), {});
        ASSERT_FALSE(result) << row.text;
        EXPECT_THAT(result.error().message, HasSubstr(row.says));
    }
}

TEST(OpenApiImportTest, NamesAreWordsWithHyphens) {
    EXPECT_EQ(name_of("listPetsByID"), "list-pets-by-id");
    EXPECT_EQ(name_of("get /pets/{petId}"), "get-pets-pet-id");
    EXPECT_EQ(name_of("3D Models (v2)"), "d-models-v2");
    EXPECT_EQ(name_of("…"), "");
}

TEST(OpenApiImportTest, WhatAPathNamesAndNoParameterTellsOfIsAnArgument) {
    const ImportedManifest result = imported(R"json({
      "openapi": "3.1.0", "info": {"title": "Pets"}, "servers": [{"url": "https://p.example"}],
      "paths": {"/pets/{petId}/{part}": {"get": {"operationId": "pet", "parameters": [
        {"name": "part", "in": "path", "required": true, "schema": {"type": "integer"}},
        {"$ref": "other.json#/petId"}]}}}})json");
    const Service service = load_service(to_yaml(result.manifest));
    ASSERT_EQ(service.actions.size(), 1U);
    EXPECT_EQ(service.actions[0].path, "/pets/{petId}/{part}");
    ASSERT_EQ(service.actions[0].args.size(), 2U);
    EXPECT_TRUE(service.actions[0].args[1].required);
    EXPECT_EQ(service.actions[0].args[1].name, "petId");
    EXPECT_THAT(result.notes, Contains(HasSubstr("no parameter tells of {petId}")));
}

TEST(OpenApiImportTest, LongDescriptionsEndWithACharacter) {
    std::string text;
    for (int i = 0; i < 400; ++i) text += "猫";
    const ImportedManifest result = imported(
        R"json({"openapi": "3.1.0", "info": {"title": "Pets"}, "servers": [{"url": "https://p.example"}],
          "paths": {"/pets": {"get": {"operationId": "pets", "description": ")json" +
        text + R"json("}}}})json");
    const Service service = load_service(to_yaml(result.manifest));
    ASSERT_EQ(service.actions.size(), 1U);
    EXPECT_TRUE(service.actions[0].description.ends_with("猫 …"));
}

TEST(OpenApiImportTest, TellsOfFormFieldsThatWouldBeEncodedOtherwise) {
    const ImportedManifest result = imported(R"json({
      "openapi": "3.1.0", "info": {"title": "Pay"}, "servers": [{"url": "https://p.example"}],
      "paths": {"/c": {"post": {"operationId": "c", "requestBody": {"content": {
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {
          "metadata": {"type": "object"}, "name": {"type": "string"}}},
          "encoding": {"metadata": {"style": "deepObject", "explode": true}}}}}}}}})json");
    EXPECT_THAT(result.notes, Contains(HasSubstr("an encoding of its own for metadata")));
}

}  // namespace
}  // namespace kimbap::manifests::test
