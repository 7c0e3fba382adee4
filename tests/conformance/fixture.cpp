#include "conformance/fixture.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>
#include <utility>

#include "base/json_text.hpp"

namespace kimbap::mcp::conformance {

Task<void> sleep_for(std::chrono::milliseconds duration) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(std::move(executor), duration);
    auto waiting = timer.async_wait(asio::use_awaitable);
    co_await std::move(waiting);
}

std::string argument(const json::object& arguments, std::string_view name) {
    const auto* value = arguments.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object object_of(std::string_view text) {
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object())
        throw std::logic_error("not an object: " + std::string(text));
    return std::move(parsed->get_object());
}

InputRequired::Request input(std::string key, std::string method, std::string_view params) {
    InputRequired::Request request;
    request.key = std::move(key);
    request.method = std::move(method);
    request.params = object_of(params);
    return request;
}

InputRequired::Request form(std::string key, std::string_view message, std::string_view field) {
    std::string params = R"({"message":)";
    append_json_string(params, message);
    params += R"(,"requestedSchema":{"type":"object","properties":{)";
    append_json_string(params, field);
    params += R"(:{"type":"string"}},"required":[)";
    append_json_string(params, field);
    params += "]}}";
    return input(std::move(key), "elicitation/create", params);
}

FixtureTools::FixtureTools(MemoryTasks& tasks, const Signals& signals) {
    add_content_tools(table_);
    add_era_tools(table_, signals);
    add_input_tools(table_);
    add_task_tools(table_, tasks);
    std::vector<ItemList::Item> items;
    for (const auto& [name, tool] : table_) {
        std::string text = R"({"name":")" + name + R"(","description":)";
        append_json_string(text, tool.description);
        text += R"(,"inputSchema":)" + tool.input_schema + "}";
        auto params = header_params_of(object_of(tool.input_schema));
        if (auto* found = std::get_if<HeaderParams>(&params); found && !found->empty()) {
            header_params_[name] = std::make_shared<const HeaderParams>(std::move(*found));
        }
        items.push_back({name, std::move(text)});
    }
    list_ = ItemList::create(std::move(items), CacheHints{std::chrono::seconds(60), true});
}

Task<PageOutcome> FixtureTools::list(RequestContext& context, ListRequest request) {
    // Makes the answer to a legacy client an event stream, whose concurrency the suite then checks.
    context.log(LogLevel::info, "fixture", "tools are listed");
    co_return list_->page(request.cursor, request.page_size);
}

Task<ToolOutcome> FixtureTools::call(RequestContext& context, ToolCall call) {
    const auto found = table_.find(call.name);
    if (found == table_.end()) co_return unknown_tool(call.name);
    auto work = found->second.call(context, std::move(call));
    co_return co_await std::move(work);
}

std::shared_ptr<const HeaderParams> FixtureTools::header_params(const RequestContext&,
                                                                std::string_view tool) {
    const auto found = header_params_.find(tool);
    return found == header_params_.end() ? nullptr : found->second;
}

}  // namespace kimbap::mcp::conformance
