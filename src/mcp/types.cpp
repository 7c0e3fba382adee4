#include "mcp/types.hpp"

#include <array>
#include <utility>

namespace kimbap::mcp {
namespace {

constexpr std::array<std::string_view, 8> kLevelNames = {
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};
constexpr std::array<std::string_view, 5> kStatusNames = {"working", "input_required", "completed",
                                                          "cancelled", "failed"};

}  // namespace

std::string_view name(LogLevel level) noexcept {
    return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
        if (kLevelNames[i] == text) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

std::string_view name(TaskStatus status) noexcept {
    return kStatusNames[static_cast<std::size_t>(status)];
}

ProtocolError invalid_params(std::string message) {
    return {code::kInvalidParams, std::move(message), {}};
}

ProtocolError unknown_tool(std::string_view name) {
    return {code::kInvalidParams, "Unknown tool: " + std::string(name), {}};
}

ProtocolError unknown_prompt(std::string_view name) {
    return {code::kInvalidParams, "Unknown prompt: " + std::string(name), {}};
}

ProtocolError resource_not_found(std::string_view uri) {
    json::object data;
    data["uri"] = uri;
    return {code::kResourceNotFound, "Resource not found: " + std::string(uri), std::move(data)};
}

ProtocolError missing_capability(json::object capabilities) {
    std::string message = "Missing required client capability:";
    for (const auto& capability : capabilities) {
        message += ' ';
        message += capability.key();
    }
    json::object data;
    data["requiredCapabilities"] = std::move(capabilities);
    return {code::kMissingCapability, std::move(message), std::move(data)};
}

ProtocolError tasks_required() {
    json::object tasks;
    tasks["io.modelcontextprotocol/tasks"] = json::object();
    json::object capabilities;
    capabilities["extensions"] = std::move(tasks);
    return missing_capability(std::move(capabilities));
}

Content text_content(std::string text) {
    return {TextContent{std::move(text)}, {}, {}};
}

Content image_content(std::string base64, std::string mime_type) {
    return {ImageContent{std::move(base64), std::move(mime_type)}, {}, {}};
}

Content audio_content(std::string base64, std::string mime_type) {
    return {AudioContent{std::move(base64), std::move(mime_type)}, {}, {}};
}

Content embedded_resource(ResourceContents resource) {
    return {EmbeddedResource{std::move(resource)}, {}, {}};
}

ToolResult text_result(std::string text) {
    ToolResult result;
    result.content.push_back(text_content(std::move(text)));
    return result;
}

ToolResult error_result(std::string text) {
    auto result = text_result(std::move(text));
    result.is_error = true;
    return result;
}

}  // namespace kimbap::mcp
