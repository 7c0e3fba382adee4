#include "mcp/legacy/response.hpp"

#include "base/json_text.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/legacy/content.hpp"
#include "mcp/legacy/tasks.hpp"
#include "mcp/result_json.hpp"

namespace kimbap::mcp::legacy {
namespace {

/// structuredContent came with 2025-06-18, as an object; any JSON value only with 2026-07-28.
/// Others go into an object's "result", after they are in the text block as they are.
bool shape_structured(Revision revision, ToolResult& result) {
    if (revision < Revision::v2025_06_18) return false;
    if (result.structured_json.empty() || result.structured_json.starts_with('{')) return true;
    if (result.content.empty()) result.content.push_back(text_content(result.structured_json));
    result.structured_json = "{\"result\":" + result.structured_json + "}";
    return true;
}

void append_meta(std::string& out, const json::object& meta) {
    if (meta.empty()) return;
    if (out.back() != '{') out += ',';
    out += R"("_meta":)";
    append_json(out, meta);
}

/// What the model may be told at once is the task's message (Creating Tasks, note).
void append_created(std::string& out, const TaskState& task) {
    std::string members;
    append_task_members(members, task);
    out += R"("task":{)" + members + '}';
    if (task.status_message.empty()) return;
    append_meta(out, {{"io.modelcontextprotocol/model-immediate-response", task.status_message}});
}

}  // namespace

std::string response(std::string_view id, Revision revision, Outcome&& outcome) {
    if (const auto* error = std::get_if<ProtocolError>(&outcome)) {
        return error_response(id, to_wire(*error));
    }
    std::string out;
    out.reserve(512);
    begin_response(out, id);
    out += '{';
    if (auto* result = std::get_if<ToolResult>(&outcome)) {
        degrade_for(revision, *result);
        const bool with_structured = shape_structured(revision, *result);
        append_tool_members(out, *result, with_structured);
        append_meta(out, result->meta);
    } else if (const auto* list = std::get_if<ListOutcome>(&outcome)) {
        append_list_members(out, *list);
    } else if (const auto* read = std::get_if<ReadResult>(&outcome)) {
        append_read_members(out, *read);
        append_meta(out, read->meta);
    } else if (auto* prompt = std::get_if<PromptResult>(&outcome)) {
        degrade_for(revision, *prompt);
        append_prompt_members(out, *prompt);
        append_meta(out, prompt->meta);
    } else if (const auto* completion = std::get_if<CompletionResult>(&outcome)) {
        append_completion_members(out, *completion);
    } else if (const auto* created = std::get_if<TaskCreated>(&outcome)) {
        append_created(out, created->task);
    } else if (const auto* report = std::get_if<TaskReport>(&outcome)) {
        append_task_members(out, report->task);
    }
    out += "}}";
    return out;
}

std::string initialize_response(std::string_view id, Revision revision,
                                const ServerOptions& options, const Providers& providers) {
    std::string out;
    out.reserve(512);
    begin_response(out, id);
    out += R"({"protocolVersion":")";
    out += name(revision);
    out += R"(","capabilities":{"logging":{})";
    if (providers.tools) out += R"(,"tools":{"listChanged":true})";
    if (providers.prompts) out += R"(,"prompts":{"listChanged":true})";
    if (providers.resources) out += R"(,"resources":{"listChanged":true,"subscribe":true})";
    if (providers.completions) out += R"(,"completions":{})";
    if (providers.tasks && providers.tools && revision == Revision::v2025_11_25) {
        out += R"(,"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}})";
    }
    out += R"(},"serverInfo":)";
    append_implementation(out, options.server);
    if (!options.instructions.empty()) append_member(out, "instructions", options.instructions);
    out += "}}";
    return out;
}

ProtocolError to_wire(const ProtocolError& error) {
    auto wire = error;
    // Codes of -32020 and below are the modern era's own.
    if (wire.code == code::kMissingCapability) wire.code = code::kInvalidRequest;
    return wire;
}

}  // namespace kimbap::mcp::legacy
