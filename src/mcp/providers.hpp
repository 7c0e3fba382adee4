#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "mcp/context.hpp"
#include "mcp/paging.hpp"
#include "mcp/types.hpp"

/// What an app implements to be an MCP server. One instance serves all threads at once; each call
/// runs on its request's thread. `context` lives until the returned coroutine ends. An exception is
/// logged and answered with an internal error.
namespace kimbap::mcp {

struct ListRequest {
    std::string cursor;  ///< As some earlier page gave it (untrusted); "" for the first page.
    std::size_t page_size = 0;  ///< At most so many items.
};

/// A parameter that modern HTTP clients mirror into a header Mcp-Param-<name>
/// (2026-07-28, Custom Headers from Tool Parameters).
struct HeaderParam {
    std::vector<std::string> path;  ///< Property names from the arguments' root.
    std::string header;             ///< "Mcp-Param-Region".
};
using HeaderParams = std::vector<HeaderParam>;

/// The x-mcp-header annotations of an input schema. A tool with invalid ones (not a token,
/// repeated, not on a string, integer or boolean, not reachable through `properties` alone) would
/// be left out by clients: an error says what is wrong.
[[nodiscard]] std::variant<HeaderParams, ProtocolError> header_params_of(
    const json::object& input_schema);

struct ToolCall {
    std::string name;        ///< As sent; the provider decides which names it takes.
    json::object arguments;  ///< Empty where not given. Not validated against any schema.
    Inputs inputs = {};
    /// The client asked for a task (2025-11-25): the answer is a TaskState, however the call ends.
    bool as_task = false;
};

class ToolProvider {
public:
    virtual ~ToolProvider() = default;
    /// Definitions (schema: Tool), in a stable order, of what this caller may see.
    virtual Task<PageOutcome> list(RequestContext& context, ListRequest request) = 0;
    /// Unknown tools: unknown_tool(). A TaskState only where context.client_supports_tasks().
    virtual Task<ToolOutcome> call(RequestContext& context, ToolCall call) = 0;
    /// Whether clients of 2025-11-25 may ask for a task. Such a tool says so in its definition
    /// (execution.taskSupport) where context.tools_declare_tasks(). Must be quick.
    virtual bool takes_task(const RequestContext&, std::string_view) { return false; }
    /// The tool's header parameters, to be checked before call(); null for none. Must be quick.
    virtual std::shared_ptr<const HeaderParams> header_params(const RequestContext&,
                                                              std::string_view) {
        return nullptr;
    }
};

struct PromptGet {
    std::string name;
    json::object arguments;  ///< Strings by name; empty where not given.
    Inputs inputs = {};
};

class PromptProvider {
public:
    virtual ~PromptProvider() = default;
    virtual Task<PageOutcome> list(RequestContext& context, ListRequest request) = 0;
    /// Unknown prompts: unknown_prompt(); missing arguments: invalid_params().
    virtual Task<PromptOutcome> get(RequestContext& context, PromptGet request) = 0;
};

struct ResourceRead {
    std::string uri;
    Inputs inputs = {};
};

class ResourceProvider {
public:
    virtual ~ResourceProvider() = default;
    virtual Task<PageOutcome> list(RequestContext& context, ListRequest request) = 0;
    virtual Task<PageOutcome> list_templates(RequestContext& context, ListRequest request) = 0;
    /// Unknown or invisible resources: resource_not_found().
    virtual Task<ReadOutcome> read(RequestContext& context, ResourceRead request) = 0;
    /// Whether this caller may be told of changes of `uri` (Server::resource_updated); an error
    /// otherwise. The default refuses all.
    virtual Task<std::optional<ProtocolError>> subscribe(RequestContext& context, std::string uri);
};

class CompletionProvider {
public:
    virtual ~CompletionProvider() = default;
    virtual Task<CompletionOutcome> complete(RequestContext& context,
                                             CompletionRequest request) = 0;
};

/// Some of a caller's tasks; those that completed may have a result that says is_error alone.
struct TaskPage {
    std::vector<TaskState> tasks;
    std::string next_cursor = {};  ///< Empty on the last page.
};

/// Tasks that calls were turned into. Answers invalid_params() for identifiers that are unknown, or
/// another principal's.
class TaskProvider {
public:
    virtual ~TaskProvider() = default;
    virtual Task<TaskOutcome> get(RequestContext& context, std::string id) = 0;
    /// As get(), once the task has ended or wants input, or the request is cancelled. The default
    /// looks again and again.
    virtual Task<TaskOutcome> wait(RequestContext& context, std::string id);
    /// Every task of the caller that get() gives (2025-11-25).
    virtual Task<std::variant<TaskPage, ProtocolError>> list(RequestContext& context,
                                                             ListRequest request) = 0;
    /// The client's answers to the task's input requests; unknown keys are to be ignored.
    virtual Task<std::optional<ProtocolError>> update(RequestContext& context, std::string id,
                                                      json::object responses) = 0;
    /// Asks for the end; a task that has ended already is left as it is.
    virtual Task<std::optional<ProtocolError>> cancel(RequestContext& context, std::string id) = 0;
};

/// What a server offers; absent ones are not declared and their methods are unknown. All outlive
/// the server.
struct Providers {
    ToolProvider* tools = nullptr;
    PromptProvider* prompts = nullptr;
    ResourceProvider* resources = nullptr;
    CompletionProvider* completions = nullptr;
    TaskProvider* tasks = nullptr;
};

}  // namespace kimbap::mcp
