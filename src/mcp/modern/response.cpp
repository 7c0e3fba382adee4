#include "mcp/modern/response.hpp"

#include "base/json_text.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/result_json.hpp"
#include "mcp/revision.hpp"

namespace kimbap::mcp::modern {
namespace {

constexpr std::string_view kComplete = R"({"resultType":"complete")";

std::string capabilities_text(const Providers& providers) {
    std::string out = R"({"logging":{})";
    if (providers.tools) out += R"(,"tools":{"listChanged":true})";
    if (providers.prompts) out += R"(,"prompts":{"listChanged":true})";
    if (providers.resources) out += R"(,"resources":{"listChanged":true,"subscribe":true})";
    if (providers.completions) out += R"(,"completions":{})";
    if (providers.tasks) out += R"(,"extensions":{"io.modelcontextprotocol/tasks":{}})";
    out += '}';
    return out;
}

void append_millis(std::string& out, std::string_view key,
                   const std::optional<std::chrono::milliseconds>& millis) {
    out += ",\"";
    out += key;
    out += "\":";
    out += millis ? std::to_string(millis->count()) : "null";
}

void append_tool_result(std::string& out, const ToolResult& result) {
    append_tool_members(out, result, true);
    if (!result.meta.empty()) {
        out += R"(,"_meta":)";
        append_json(out, result.meta);
    }
}

}  // namespace

ResponseWriter::ResponseWriter(const ServerOptions& options, const Providers& providers)
    : cache_(options.cache) {
    server_info_ = R"("io.modelcontextprotocol/serverInfo":)";
    append_implementation(server_info_, options.server);

    auto& out = discover_result_;
    out = std::string(kComplete) + R"(,"supportedVersions":[")" + std::string(name(kModern)) +
          R"("],"capabilities":)" + capabilities_text(providers);
    if (!options.instructions.empty()) append_member(out, "instructions", options.instructions);
    // The same for everyone, and fixed while the server runs.
    append_cache(out, CacheHints{cache_.ttl, true});
    append_meta(out, {});
    out += '}';
}

void ResponseWriter::append_cache(std::string& out, const std::optional<CacheHints>& cache) const {
    const auto& hints = cache ? *cache : cache_;
    out += R"(,"ttlMs":)";
    out += std::to_string(std::max<std::int64_t>(hints.ttl.count(), 0));
    out += hints.shared ? R"(,"cacheScope":"public")" : R"(,"cacheScope":"private")";
}

void ResponseWriter::append_meta(std::string& out, const json::object& meta) const {
    out += R"(,"_meta":{)";
    out += server_info_;
    for (const auto& member : meta) {
        out += ',';
        append_json_string(out, member.key());
        out += ':';
        append_json(out, member.value());
    }
    out += '}';
}

std::string ResponseWriter::response(std::string_view id, const Outcome& outcome) const {
    if (const auto* error = std::get_if<ProtocolError>(&outcome)) {
        return error_response(id, to_wire(*error));
    }
    std::string out;
    out.reserve(512);
    begin_response(out, id);
    append_result(out, outcome);
    out += '}';
    return out;
}

void ResponseWriter::append_result(std::string& out, const Outcome& outcome) const {
    static const json::object kNoMeta;
    const json::object* meta = &kNoMeta;
    if (const auto* wanted = std::get_if<InputRequired>(&outcome)) {
        out += R"({"resultType":"input_required")";
        if (!wanted->requests.empty()) append_input_requests(out, wanted->requests);
        if (!wanted->state.empty()) append_member(out, "requestState", wanted->state);
    } else if (const auto* created = std::get_if<TaskCreated>(&outcome)) {
        out += R"({"resultType":"task")";
        append_task_members(out, created->task, false);
    } else {
        out += kComplete;
    }
    if (const auto* result = std::get_if<ToolResult>(&outcome)) {
        append_tool_members(out, *result, true);
        meta = &result->meta;
    } else if (const auto* list = std::get_if<ListOutcome>(&outcome)) {
        append_list_members(out, *list);
        append_cache(out, list->page.cache);
    } else if (const auto* read = std::get_if<ReadResult>(&outcome)) {
        append_read_members(out, *read);
        append_cache(out, read->cache);
        meta = &read->meta;
    } else if (const auto* prompt = std::get_if<PromptResult>(&outcome)) {
        append_prompt_members(out, *prompt);
        meta = &prompt->meta;
    } else if (const auto* completion = std::get_if<CompletionResult>(&outcome)) {
        append_completion_members(out, *completion);
    } else if (const auto* report = std::get_if<TaskReport>(&outcome)) {
        append_task_members(out, report->task, true);
    }
    append_meta(out, *meta);
    out += '}';
}

std::string ResponseWriter::discover(std::string_view id) const {
    std::string out;
    out.reserve(discover_result_.size() + 64);
    begin_response(out, id);
    out += discover_result_;
    out += '}';
    return out;
}

std::string ResponseWriter::listen_closed(std::string_view id) const {
    std::string out;
    begin_response(out, id);
    out += kComplete;
    out += R"(,"_meta":{)";
    out += server_info_;
    out += R"(,"io.modelcontextprotocol/subscriptionId":)";
    out += id;
    out += "}}}";
    return out;
}

void append_task_members(std::string& out, const TaskState& task, bool detailed) {
    append_member(out, "taskId", task.id);
    append_member(out, "status", name(task.status));
    if (!task.status_message.empty()) append_member(out, "statusMessage", task.status_message);
    append_member(out, "createdAt", task.created_at);
    append_member(out, "lastUpdatedAt", task.updated_at);
    append_millis(out, "ttlMs", task.ttl);
    if (task.poll_interval) append_millis(out, "pollIntervalMs", task.poll_interval);
    if (!detailed) return;
    if (task.status == TaskStatus::input_required) {
        append_input_requests(out, task.input_requests);
    } else if (task.status == TaskStatus::completed && task.result) {
        out += R"(,"result":{)";
        append_tool_result(out, *task.result);
        out += '}';
    } else if (task.status == TaskStatus::failed && task.error) {
        json::object error;
        const auto wire = to_wire(*task.error);
        error["code"] = wire.code;
        error["message"] = wire.message;
        if (wire.data) error["data"] = *wire.data;
        out += R"(,"error":)";
        append_json(out, error);
    }
}

ProtocolError to_wire(const ProtocolError& error) {
    auto wire = error;
    if (wire.code == code::kResourceNotFound) wire.code = code::kInvalidParams;
    return wire;
}

int http_status(const ProtocolError& error) noexcept {
    switch (error.code) {
        case code::kMethodNotFound:
            return 404;
        case code::kParseError:
        case code::kInvalidRequest:
        case code::kHeaderMismatch:
        case code::kMissingCapability:
        case code::kUnsupportedVersion:
            return 400;
        case code::kDraining:
        case code::kTooManyRequests:
            return 503;
        default:
            return 200;
    }
}

}  // namespace kimbap::mcp::modern
