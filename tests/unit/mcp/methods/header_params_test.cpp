#include <gtest/gtest.h>

#include "base/json_text.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp {
namespace {

std::string read(std::string_view schema) {
    const auto value = parse_json(schema);
    const auto params = header_params_of(value->get_object());
    if (std::holds_alternative<ProtocolError>(params)) return "error";
    std::string out;
    for (const auto& param : std::get<HeaderParams>(params)) {
        for (const auto& step : param.path) out += step + ".";
        out += "=" + param.header + ";";
    }
    return out;
}

TEST(HeaderParams, ReadsAnnotationsAlongProperties) {
    EXPECT_EQ(read(R"({"type":"object"})"), "");
    EXPECT_EQ(read(R"({"properties":{"r":{"type":"string","x-mcp-header":"Region"}}})"),
              "r.=Mcp-Param-Region;");
    EXPECT_EQ(
        read(
            R"({"properties":{"a":{"type":"object","properties":{"b":{"type":"integer","x-mcp-header":"B"}}}}})"),
        "a.b.=Mcp-Param-B;");
    EXPECT_EQ(read(R"({"properties":{"x-mcp-header":{"type":"string"}}})"), "");
    EXPECT_EQ(read(R"({"properties":{"a":{"type":"object","default":{"x-mcp-header":"B"}}}})"), "");
}

TEST(HeaderParams, RefusesWhatClientsWouldRefuse) {
    for (
        const auto* schema : {
            R"({"properties":{"r":{"type":"string","x-mcp-header":""}}})",
            R"({"properties":{"r":{"type":"string","x-mcp-header":"a b"}}})",
            R"({"properties":{"r":{"type":"string","x-mcp-header":1}}})",
            R"({"properties":{"r":{"type":"number","x-mcp-header":"R"}}})",
            R"({"properties":{"r":{"x-mcp-header":"R"}}})",
            R"({"properties":{"r":{"type":"array","items":{"type":"string","x-mcp-header":"R"}}}})",
            R"({"anyOf":[{"properties":{"r":{"type":"string","x-mcp-header":"R"}}}]})",
            R"({"$defs":{"d":{"type":"string","x-mcp-header":"R"}}})",
            R"({"properties":{"a":{"type":"string","x-mcp-header":"R"},"b":{"type":"string","x-mcp-header":"r"}}})",
        }) {
        EXPECT_EQ(read(schema), "error") << schema;
    }
}

}  // namespace
}  // namespace kimbap::mcp
