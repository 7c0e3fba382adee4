#include "mcp/legacy/content.hpp"

#include <gtest/gtest.h>

#include "mcp/legacy/response.hpp"
#include "mcp/result_json.hpp"

namespace kimbap::mcp::legacy {
namespace {

std::string text_of(const Content& content) {
    std::string out;
    append_content(out, content);
    return out;
}

TEST(LegacyContent, KnowsWhichRevisionBroughtWhat) {
    const auto audio = audio_content("AAAA", "audio/wav");
    const Content link{ResourceLink{"u:1", "one", "", "The first", ""}, {}, {}};
    EXPECT_FALSE(knows(Revision::v2024_11_05, audio));
    EXPECT_TRUE(knows(Revision::v2025_03_26, audio));
    EXPECT_FALSE(knows(Revision::v2025_03_26, link));
    EXPECT_TRUE(knows(Revision::v2025_06_18, link));
    EXPECT_TRUE(knows(Revision::v2024_11_05, text_content("x")));
    EXPECT_EQ(
        text_of(degrade(audio)),
        R"({"type":"resource","resource":{"uri":"content:audio","mimeType":"audio/wav","blob":"AAAA"}})");
    EXPECT_EQ(text_of(degrade(link)), R"({"type":"text","text":"Resource u:1 (one): The first"})");
}

TEST(LegacyResponse, CodesErrorsAsTheseErasDo) {
    EXPECT_EQ(to_wire(missing_capability({})).code, code::kInvalidRequest);
    EXPECT_EQ(to_wire(resource_not_found("u:1")).code, code::kResourceNotFound);
    EXPECT_EQ(to_wire(invalid_params("x")).code, code::kInvalidParams);
}

TEST(LegacyResponse, StructuredContentIsAnObject) {
    const auto response_of = [](Revision revision, std::string json) {
        ToolResult result;
        result.structured_json = std::move(json);
        return response("1", revision, std::move(result));
    };
    EXPECT_EQ(response_of(Revision::v2025_11_25, "[1]"),
              R"({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"[1]"}],)"
              R"("structuredContent":{"result":[1]}}})");
    EXPECT_EQ(
        response_of(Revision::v2025_06_18, "{}"),
        R"({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{}"}],"structuredContent":{}}})");
    EXPECT_EQ(response_of(Revision::v2025_03_26, "{}"),
              R"({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{}"}]}})");
}

}  // namespace
}  // namespace kimbap::mcp::legacy
