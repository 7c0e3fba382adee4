#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mcp/memory_tasks.hpp"
#include "mcp/providers.hpp"

/// What the official conformance suite expects of a server, built from mcp's public interfaces
/// alone.
namespace kimbap::mcp::conformance {

/// Signals that some tools raise.
struct Signals {
    std::function<void()> tools_changed;
    std::function<void()> prompts_changed;
};

/// One tool and what it does.
struct Tool {
    std::string description;
    std::string input_schema;
    std::function<Task<ToolOutcome>(RequestContext&, ToolCall)> call;
};
using ToolTable = std::map<std::string, Tool>;

void add_content_tools(ToolTable& table);
void add_era_tools(ToolTable& table, const Signals& signals);
void add_input_tools(ToolTable& table);
void add_task_tools(ToolTable& table, MemoryTasks& tasks);

class FixtureTools final : public ToolProvider {
public:
    FixtureTools(MemoryTasks& tasks, const Signals& signals);
    Task<PageOutcome> list(RequestContext& context, ListRequest request) override;
    Task<ToolOutcome> call(RequestContext& context, ToolCall call) override;
    std::shared_ptr<const HeaderParams> header_params(const RequestContext& context,
                                                      std::string_view tool) override;

private:
    ToolTable table_;
    std::shared_ptr<const ItemList> list_;
    std::map<std::string, std::shared_ptr<const HeaderParams>, std::less<>> header_params_;
};

class FixturePrompts final : public PromptProvider {
public:
    FixturePrompts();
    Task<PageOutcome> list(RequestContext& context, ListRequest request) override;
    Task<PromptOutcome> get(RequestContext& context, PromptGet request) override;

private:
    std::shared_ptr<const ItemList> list_;
};

class FixtureResources final : public ResourceProvider {
public:
    FixtureResources();
    Task<PageOutcome> list(RequestContext& context, ListRequest request) override;
    Task<PageOutcome> list_templates(RequestContext& context, ListRequest request) override;
    Task<ReadOutcome> read(RequestContext& context, ResourceRead request) override;
    Task<std::optional<ProtocolError>> subscribe(RequestContext& context, std::string uri) override;

private:
    std::shared_ptr<const ItemList> resources_;
    std::shared_ptr<const ItemList> templates_;
};

class FixtureCompletions final : public CompletionProvider {
public:
    Task<CompletionOutcome> complete(RequestContext& context, CompletionRequest request) override;
};

/// Smallest valid files.
inline constexpr const char* kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg==";
inline constexpr const char* kWav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

/// Waits on the calling coroutine's thread.
Task<void> sleep_for(std::chrono::milliseconds duration);
/// A string argument; "" where absent.
[[nodiscard]] std::string argument(const json::object& arguments, std::string_view name);
/// Parses JSON that is known to be good.
[[nodiscard]] json::object object_of(std::string_view text);
[[nodiscard]] InputRequired::Request input(std::string key, std::string method,
                                           std::string_view params);
/// A form with one string field called like its key.
[[nodiscard]] InputRequired::Request form(std::string key, std::string_view message,
                                          std::string_view field);

}  // namespace kimbap::mcp::conformance
