#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kimbap::mcp {

namespace json = boost::json;

/// What a peer says of itself (schema: Implementation). Self-reported: for display and logs, never
/// for a decision about rights.
struct Implementation {
    std::string name;
    std::string version;
    std::string title;  ///< Left out where empty.
};

/// Severities of RFC 5424, least first.
enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };
[[nodiscard]] std::string_view name(LogLevel level) noexcept;
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text) noexcept;

/// JSON-RPC and MCP error codes. Providers may also use any code outside -32768..-32000.
namespace code {
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
/// Legacy wire code; the modern era writes kInvalidParams for it.
inline constexpr int kResourceNotFound = -32002;
/// Modern wire codes. For kMissingCapability the legacy eras write a tool result with isError, and
/// kInvalidRequest where the request was for something else.
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;
/// kimbap's own, outside the range that JSON-RPC reserves.
inline constexpr int kDraining = -31001;
inline constexpr int kTooManyRequests = -31002;
/// The server behind a relay can't be reached, or went away in the middle of an answer.
inline constexpr int kRelayFailed = -31003;
/// What was asked for may not be done: policy or an operator said no.
inline constexpr int kRefused = -31004;
/// What was asked for waits for somebody's approval.
inline constexpr int kPending = -31005;
}  // namespace code

/// A request that fails as a request (a JSON-RPC error). What a model could mend by calling
/// differently belongs into a ToolResult with is_error instead.
struct ProtocolError {
    int code = code::kInternalError;
    std::string message;
    std::optional<json::value> data;
};

[[nodiscard]] ProtocolError invalid_params(std::string message);
[[nodiscard]] ProtocolError unknown_tool(std::string_view name);
[[nodiscard]] ProtocolError unknown_prompt(std::string_view name);
[[nodiscard]] ProtocolError resource_not_found(std::string_view uri);
/// `capabilities` is the ClientCapabilities object that is missing, e.g. {"sampling":{}}.
[[nodiscard]] ProtocolError missing_capability(json::object capabilities);
/// For a client without the tasks extension where a task is all there is.
[[nodiscard]] ProtocolError tasks_required();

/// One content of a resource: text, or bytes as base64.
struct ResourceContents {
    std::string uri;
    std::string mime_type;  ///< Left out where empty.
    std::string body;       ///< UTF-8 text; standard base64 where `is_blob`.
    bool is_blob = false;
    json::object meta = {};
};

struct TextContent {
    std::string text;
};
struct ImageContent {
    std::string data;  ///< Standard base64.
    std::string mime_type;
};
struct AudioContent {
    std::string data;  ///< Standard base64.
    std::string mime_type;
};
struct ResourceLink {
    std::string uri;
    std::string name;
    std::string title;  ///< This and the next two are left out where empty.
    std::string description;
    std::string mime_type;
};
struct EmbeddedResource {
    ResourceContents resource;
};

/// A content block of a tool's result or a prompt's message. Kinds that a client's revision does
/// not know are degraded on the way out (legacy/content.hpp).
struct Content {
    std::variant<TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource> body;
    json::object annotations = {};
    json::object meta = {};
};

[[nodiscard]] Content text_content(std::string text);
[[nodiscard]] Content image_content(std::string base64, std::string mime_type);
[[nodiscard]] Content audio_content(std::string base64, std::string mime_type);
[[nodiscard]] Content embedded_resource(ResourceContents resource);

/// How long, and by whom, an answer may be reused (2026-07-28, Caching). Older revisions have no
/// such hints.
struct CacheHints {
    std::chrono::milliseconds ttl{0};
    bool shared = false;  ///< true: the same for every caller ("public").
};

/// What a tool answered, success or failure.
struct ToolResult {
    std::vector<Content> content;
    /// Compact JSON on one line (to_json); empty for none. Where `content` is empty, the same text
    /// is sent as a text block too, for clients that don't read structured content.
    std::string structured_json = {};
    bool is_error = false;
    json::object meta = {};
};

/// Shorthand for a result of one text block.
[[nodiscard]] ToolResult text_result(std::string text);
[[nodiscard]] ToolResult error_result(std::string text);

/// The work can't go on without the client: it answers each request of the map and calls again with
/// the answers and `state` (2026-07-28, Multi Round-Trip Requests). For older clients mcp asks the
/// same by server-to-client requests and then calls the provider again: one meaning for both eras.
struct InputRequired {
    struct Request {
        std::string key;     ///< Unique in this answer; names the response.
        std::string method;  ///< elicitation/create, sampling/createMessage or roots/list.
        json::object params = {};
    };
    std::vector<Request> requests;
    /// Opaque to the client and controlled by it: protect its integrity, bind it to the principal
    /// and the call, and let it expire.
    std::string state = {};
};

/// The client's answers to an InputRequired. Untrusted.
struct Inputs {
    json::object responses = {};  ///< By key; unknown keys are to be ignored.
    std::optional<std::string> state = {};
    /// Whether the client sent any: false on a first call.
    [[nodiscard]] bool given() const noexcept { return !responses.empty() || state.has_value(); }
};

enum class TaskStatus { working, input_required, completed, cancelled, failed };
[[nodiscard]] std::string_view name(TaskStatus status) noexcept;
/// Whether nothing follows it.
[[nodiscard]] constexpr bool ended(TaskStatus status) noexcept {
    return status >= TaskStatus::completed;
}

/// A call that goes on after its request was answered (extension io.modelcontextprotocol/tasks).
struct TaskState {
    std::string id;  ///< Unguessable; for the principal alone that created it.
    TaskStatus status = TaskStatus::working;
    std::string status_message = {};  ///< Left out where empty.
    std::string created_at = {};      ///< RFC 3339.
    std::string updated_at = {};
    std::optional<std::chrono::milliseconds> ttl = {};  ///< nullopt: unlimited.
    std::optional<std::chrono::milliseconds> poll_interval = {};
    std::vector<InputRequired::Request> input_requests = {};  ///< While input_required.
    std::optional<ToolResult> result = {};                    ///< When completed.
    std::optional<ProtocolError> error = {};                  ///< When failed.
};

struct PromptMessage {
    bool from_assistant = false;  ///< Else from the user.
    Content content;
};
struct PromptResult {
    std::vector<PromptMessage> messages;
    std::string description = {};  ///< Left out where empty.
    json::object meta = {};
};

struct ReadResult {
    std::vector<ResourceContents> contents;  ///< Never empty: a missing resource is an error.
    std::optional<CacheHints> cache = {};    ///< Else ServerOptions::cache.
    json::object meta = {};
};

struct CompletionRequest {
    enum class Kind { prompt, resource };
    Kind kind = Kind::prompt;
    std::string reference;  ///< The prompt's name or the resource's URI (template).
    std::string argument;
    std::string value;                ///< What was typed so far.
    json::object resolved_arguments;  ///< context.arguments; empty where not given.
};
struct CompletionResult {
    std::vector<std::string> values;  ///< Cut to kMaxCompletionValues.
    std::optional<std::uint64_t> total = {};
    bool has_more = false;
};
inline constexpr std::size_t kMaxCompletionValues = 100;

using ToolOutcome = std::variant<ToolResult, InputRequired, TaskState, ProtocolError>;
using PromptOutcome = std::variant<PromptResult, InputRequired, ProtocolError>;
using ReadOutcome = std::variant<ReadResult, InputRequired, ProtocolError>;
using CompletionOutcome = std::variant<CompletionResult, ProtocolError>;
using TaskOutcome = std::variant<TaskState, ProtocolError>;

}  // namespace kimbap::mcp
