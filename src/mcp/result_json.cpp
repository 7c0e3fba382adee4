#include "mcp/result_json.hpp"

#include "base/json_text.hpp"

namespace kimbap::mcp {
namespace {

void append_key(std::string& out, std::string_view key) {
    if (!out.empty() && out.back() != '{') out += ',';
    out += '"';
    out += key;
    out += "\":";
}

/// Writes the members of a content block's body after its opening brace.
struct BodyWriter {
    std::string& out;

    void operator()(const TextContent& text) const {
        out += R"("type":"text","text":)";
        append_json_string(out, text.text);
    }
    void operator()(const ImageContent& image) const { data("image", image.data, image.mime_type); }
    void operator()(const AudioContent& audio) const { data("audio", audio.data, audio.mime_type); }
    void operator()(const ResourceLink& link) const {
        out += R"("type":"resource_link")";
        append_member(out, "uri", link.uri);
        append_member(out, "name", link.name);
        if (!link.title.empty()) append_member(out, "title", link.title);
        if (!link.description.empty()) append_member(out, "description", link.description);
        if (!link.mime_type.empty()) append_member(out, "mimeType", link.mime_type);
    }
    void operator()(const EmbeddedResource& embedded) const {
        out += R"("type":"resource","resource":)";
        append_resource_contents(out, embedded.resource);
    }

private:
    void data(std::string_view type, std::string_view bytes, std::string_view mime_type) const {
        out += R"("type":")";
        out += type;
        out += R"(","data":")";
        out += bytes;  // Base64 needs no escaping.
        out += '"';
        append_member(out, "mimeType", mime_type);
    }
};

}  // namespace

void append_member(std::string& out, std::string_view key, std::string_view text) {
    append_key(out, key);
    append_json_string(out, text);
}

void append_content(std::string& out, const Content& content) {
    out += '{';
    std::visit(BodyWriter{out}, content.body);
    if (!content.annotations.empty()) {
        append_key(out, "annotations");
        append_json(out, content.annotations);
    }
    if (!content.meta.empty()) {
        append_key(out, "_meta");
        append_json(out, content.meta);
    }
    out += '}';
}

void append_resource_contents(std::string& out, const ResourceContents& contents) {
    out += '{';
    append_member(out, "uri", contents.uri);
    if (!contents.mime_type.empty()) append_member(out, "mimeType", contents.mime_type);
    append_member(out, contents.is_blob ? "blob" : "text", contents.body);
    if (!contents.meta.empty()) {
        append_key(out, "_meta");
        append_json(out, contents.meta);
    }
    out += '}';
}

void append_implementation(std::string& out, const Implementation& implementation) {
    out += '{';
    append_member(out, "name", implementation.name);
    append_member(out, "version", implementation.version);
    if (!implementation.title.empty()) append_member(out, "title", implementation.title);
    out += '}';
}

void append_tool_members(std::string& out, const ToolResult& result, bool with_structured) {
    append_key(out, "content");
    out += '[';
    if (result.content.empty() && !result.structured_json.empty()) {
        // Written twice, as structured content and as its text: room for both, and no copy between.
        out.reserve(out.size() + 2 * result.structured_json.size() +
                    result.structured_json.size() / 4 + 512);
        out += R"({"type":"text","text":)";
        append_json_string(out, result.structured_json);
        out += '}';
    }
    bool first = true;
    for (const auto& block : result.content) {
        if (!first) out += ',';
        first = false;
        append_content(out, block);
    }
    out += ']';
    if (with_structured && !result.structured_json.empty()) {
        append_key(out, "structuredContent");
        out += result.structured_json;
    }
    if (result.is_error) out += R"(,"isError":true)";
}

void append_list_members(std::string& out, const ListOutcome& list) {
    append_key(out, list.member);
    out.reserve(out.size() + list.page.items_json.size() + 512);
    out += '[';
    out += list.page.items_json;
    out += ']';
    if (!list.page.next_cursor.empty()) append_member(out, "nextCursor", list.page.next_cursor);
}

void append_read_members(std::string& out, const ReadResult& result) {
    append_key(out, "contents");
    out += '[';
    bool first = true;
    for (const auto& contents : result.contents) {
        if (!first) out += ',';
        first = false;
        append_resource_contents(out, contents);
    }
    out += ']';
}

void append_prompt_members(std::string& out, const PromptResult& result) {
    if (!result.description.empty()) append_member(out, "description", result.description);
    append_key(out, "messages");
    out += '[';
    for (const auto& message : result.messages) {
        if (out.back() != '[') out += ',';
        out += R"({"role":")";
        out += message.from_assistant ? "assistant" : "user";
        out += R"(","content":)";
        append_content(out, message.content);
        out += '}';
    }
    out += ']';
}

void append_completion_members(std::string& out, const CompletionResult& result) {
    append_key(out, "completion");
    out += R"({"values":[)";
    bool first = true;
    for (const auto& value : result.values) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, value);
    }
    out += ']';
    if (result.total) {
        append_key(out, "total");
        out += std::to_string(*result.total);
    }
    if (result.has_more) out += R"(,"hasMore":true)";
    out += '}';
}

void append_input_requests(std::string& out, const std::vector<InputRequired::Request>& requests) {
    append_key(out, "inputRequests");
    out += '{';
    for (const auto& request : requests) {
        if (out.back() != '{') out += ',';
        append_json_string(out, request.key);
        out += R"(:{"method":)";
        append_json_string(out, request.method);
        if (!request.params.empty()) {
            append_key(out, "params");
            append_json(out, request.params);
        }
        out += '}';
    }
    out += '}';
}

}  // namespace kimbap::mcp
