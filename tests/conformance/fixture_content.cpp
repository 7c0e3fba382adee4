#include <utility>

#include "base/json_text.hpp"
#include "conformance/fixture.hpp"

/// Tools that return each kind of content, and those that report while they run.
namespace kimbap::mcp::conformance {
namespace {

constexpr const char* kNoArguments = R"({"type":"object","properties":{}})";

constexpr const char* kSchema2020 =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},"then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false})";

Content resource_block(std::string text) {
    ResourceContents resource;
    resource.uri = "test://embedded-resource";
    resource.mime_type = "text/plain";
    resource.body = std::move(text);
    return embedded_resource(std::move(resource));
}

Task<ToolOutcome> one_block(Content content) {
    ToolResult result;
    result.content.push_back(std::move(content));
    co_return result;
}

Task<ToolOutcome> many_blocks(RequestContext&, ToolCall) {
    ToolResult result;
    result.content.push_back(text_content("Several kinds of content:"));
    result.content.push_back(image_content(kPng, "image/png"));
    result.content.push_back(resource_block(R"({"test":"data"})"));
    co_return result;
}

Task<ToolOutcome> report_progress(RequestContext& context, ToolCall) {
    for (const int percent : {0, 50, 100}) {
        context.progress(percent, 100, "working");
        auto pause = sleep_for(std::chrono::milliseconds(50));
        co_await std::move(pause);
    }
    co_return text_result("Done");
}

Task<ToolOutcome> write_logs(RequestContext& context, ToolCall) {
    for (const auto* text :
         {"Tool execution started", "Tool processing data", "Tool execution completed"}) {
        context.log(LogLevel::info, "conformance", text);
        auto pause = sleep_for(std::chrono::milliseconds(50));
        co_await std::move(pause);
    }
    co_return text_result("Logged");
}

/// Gives its connection up before the answer is there: the client comes back for it.
Task<ToolOutcome> reconnect(RequestContext& context, ToolCall) {
    context.release_stream(std::chrono::milliseconds(100));
    auto pause = sleep_for(std::chrono::milliseconds(300));
    co_await std::move(pause);
    co_return text_result("Reconnected and got the answer");
}

}  // namespace

void add_content_tools(ToolTable& table) {
    const auto simple = [&](const char* name, const char* description, auto make) {
        table[name] = {description, kNoArguments,
                       [make](RequestContext&, ToolCall) { return one_block(make()); }};
    };
    simple("test_simple_text", "Returns text",
           [] { return text_content("This is a simple text response for testing."); });
    simple("test_image_content", "Returns an image",
           [] { return image_content(kPng, "image/png"); });
    simple("test_audio_content", "Returns audio", [] { return audio_content(kWav, "audio/wav"); });
    simple("test_embedded_resource", "Returns a resource",
           [] { return resource_block("This is an embedded resource content."); });
    table["test_multiple_content_types"] = {"Returns text, an image and a resource", kNoArguments,
                                            many_blocks};
    table["test_error_handling"] = {
        "Always fails", kNoArguments, [](RequestContext&, ToolCall) -> Task<ToolOutcome> {
            co_return error_result("This tool intentionally returns an error for testing");
        }};
    table["test_tool_with_progress"] = {"Reports progress", kNoArguments, report_progress};
    table["test_tool_with_logging"] = {"Writes log messages", kNoArguments, write_logs};
    table["test_logging_tool"] = {"Writes log messages", kNoArguments, write_logs};
    table["test_reconnection"] = {"Lets go of its stream before it answers", kNoArguments,
                                  reconnect};
    table["json_schema_2020_12_tool"] = {
        "Has a schema that uses much of JSON Schema 2020-12", kSchema2020,
        [](RequestContext&, ToolCall call) -> Task<ToolOutcome> {
            co_return text_result("Called with " + to_json(call.arguments));
        }};
    table["test_header_param"] = {
        "Mirrors an argument into a header",
        R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}})",
        [](RequestContext&, ToolCall call) -> Task<ToolOutcome> {
            co_return text_result("Region: " + argument(call.arguments, "region"));
        }};
}

}  // namespace kimbap::mcp::conformance
