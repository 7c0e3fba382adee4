#include <gmock/gmock.h>

#include "integration/shop.hpp"

/// `kimbap service import`: from an OpenAPI document to a call.
namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kDocument = R"(openapi: 3.1.0
info: {title: Zoo, version: "7"}
servers: [{url: "https://zoo.example/api"}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Zoo-Key}}
security: [{key: []}]
paths:
  /animals/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getAnimal, summary: Show an animal}
    post:
      operationId: feedAnimal
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [food], properties: {food: {type: string, enum: [hay, fish]}}}
    put:
      operationId: paintAnimal
      requestBody: {content: {image/png: {}}}
)";

TEST(ServiceImport, WhatItMakesCanBeCalled) {
    const Upstream upstream;
    const Installation kimbap;
    kimbap.policy("all", "version: 1.0.0\nrules:\n  - {id: all, decision: allow}\n");
    kimbap.write("zoo.yaml", kDocument);
    const Ran ran = kimbap.kimbap({"service", "import", "--openapi", "zoo.yaml", "--base-url",
                                   upstream.url(), "-o", "manifests/zoo.yaml"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("note: PUT /animals/{id}: left out"));
    EXPECT_THAT(ran.out, StartsWith("manifests/zoo.yaml: 2 actions"));
    kimbap.must({"vault", "set", "zoo.token"}, "roar");
    kimbap.must({"call", "zoo.get-animal", "--arg", "id=7"});
    kimbap.must({"call", "zoo.feed-animal", "--arg", "id=7", "--arg", "food=hay"});
    EXPECT_EQ(
        kimbap.kimbap({"call", "zoo.feed-animal", "--arg", "id=7", "--arg", "food=cake"}).code, 2);
    const auto requests = upstream.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].target, "/animals/7");
    EXPECT_EQ(requests[0].header("X-Zoo-Key"), "roar");
    EXPECT_EQ(requests[1].body, R"({"food":"hay"})");
    // Never over what somebody wrote.
    const Ran again = kimbap.kimbap({"service", "import", "--openapi", "zoo.yaml", "--base-url",
                                     upstream.url(), "-o", "manifests/zoo.yaml"});
    EXPECT_EQ(again.code, 1);
}

TEST(ServiceImport, PrintsWithoutAFileAndSaysWhatIsWrong) {
    const Installation kimbap;
    kimbap.write("zoo.yaml", kDocument);
    EXPECT_THAT(kimbap.must({"service", "import", "--openapi", "zoo.yaml", "--name", "park"}),
                AllOf(HasSubstr("name: park\n"), HasSubstr("base_url: \"https://zoo.example/api\""),
                      HasSubstr("  get-animal:\n")));
    kimbap.write("swagger.json", R"({"swagger": "2.0"})");
    const struct {
        const char* file;
        const char* says;
    } rows[] = {{"swagger.json", "swagger.json: not an OpenAPI 3 document"},
                {"nowhere.json", "nowhere.json"}};
    for (const auto& row : rows) {
        const Ran ran = kimbap.kimbap({"service", "import", "--openapi", row.file});
        EXPECT_EQ(ran.code, 5) << row.file;
        EXPECT_THAT(ran.err, HasSubstr(row.says));
    }
}

}  // namespace
}  // namespace kimbap::test
