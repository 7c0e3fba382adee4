#include "unit/mcp/support/fake_providers.hpp"

#include <boost/asio/this_coro.hpp>
#include <stdexcept>

#include "base/json_text.hpp"

namespace kimbap::mcp::test {
namespace {

std::shared_ptr<const ItemList> list_of(std::vector<std::string> names) {
    std::vector<ItemList::Item> items;
    for (auto& name : names) {
        const std::string properties =
            name == "echo" ? R"(,"properties":{"region":{"type":"string","x-mcp-header":"Region"}})"
                           : "";
        items.push_back({name, R"({"name":")" + name +
                                   R"(","description":"d","inputSchema":{"type":"object")" +
                                   properties + "}}"});
    }
    return ItemList::create(std::move(items));
}

InputRequired ask_for_name() {
    InputRequired wanted;
    InputRequired::Request request;
    request.key = "user_name";
    request.method = "elicitation/create";
    request.params["message"] = "Who?";
    wanted.requests.push_back(std::move(request));
    wanted.state = "state-1";
    return wanted;
}

}  // namespace

FakeTools::FakeTools()
    : list_(list_of({"ask", "audio", "echo", "fail", "log", "progress", "task", "throw", "wait"})) {
    HeaderParams params;
    params.push_back({{"region"}, "Mcp-Param-Region"});
    region_ = std::make_shared<const HeaderParams>(std::move(params));
}

Task<PageOutcome> FakeTools::list(RequestContext&, ListRequest request) {
    co_return list_->page(request.cursor, request.page_size);
}

std::shared_ptr<const HeaderParams> FakeTools::header_params(const RequestContext&,
                                                             std::string_view tool) {
    return tool == "echo" ? region_ : nullptr;
}

void FakeTools::release() {
    released_ = true;
    if (waiting_) waiting_->notify();
}

Task<ToolOutcome> FakeTools::call(RequestContext& context, ToolCall call) {
    ++calls;
    last_principal = context.principal()->key();
    if (call.name == "echo") {
        ToolResult result;
        result.structured_json = to_json(call.arguments);
        result.meta["test/seen"] = true;
        co_return result;
    }
    if (call.name == "fail") co_return error_result("it failed");
    if (call.name == "throw") throw std::runtime_error("a bug");
    if (call.name == "audio") {
        ToolResult result;
        result.content.push_back(audio_content("AAAA", "audio/wav"));
        co_return result;
    }
    if (call.name == "log") {
        context.log(LogLevel::info, "test", "hello");
        co_return text_result("logged");
    }
    if (call.name == "progress") {
        for (int i = 1; i <= 3; ++i) context.progress(i, 3, "step");
        co_return text_result("done");
    }
    if (call.name == "ask") {
        if (!call.inputs.responses.contains("user_name")) co_return ask_for_name();
        if (call.inputs.state != "state-1") co_return invalid_params("bad state");
        co_return text_result("Hello " + to_json(call.inputs.responses["user_name"]));
    }
    if (call.name == "task") {
        TaskState task;
        task.id = "task-1";
        task.created_at = task.updated_at = "2026-01-01T00:00:00Z";
        co_return task;
    }
    if (call.name == "wait" || call.name == "detach") {
        if (call.name == "detach") context.release_stream(std::chrono::milliseconds(50));
        auto executor = co_await asio::this_coro::executor;
        const auto waiting = waiting_ = std::make_shared<Wakeup>(std::move(executor));
        const auto registration =
            context.cancel_token().on_cancel([waiting] { waiting->notify(); });
        if (!released_) {
            auto pause = waiting->wait(std::chrono::seconds(20));
            co_await std::move(pause);
        }
        waiting_.reset();
        if (context.cancelled()) ++cancelled;
        co_return text_result(context.cancelled() ? "cancelled" : "waited");
    }
    co_return unknown_tool(call.name);
}

Task<PageOutcome> FakePrompts::list(RequestContext&, ListRequest request) {
    const auto list = list_of({"greet"});
    co_return list->page(request.cursor, request.page_size);
}

Task<PromptOutcome> FakePrompts::get(RequestContext&, PromptGet request) {
    if (request.name != "greet") co_return unknown_prompt(request.name);
    PromptResult result;
    result.messages.push_back({false, text_content("Hello")});
    co_return result;
}

Task<PageOutcome> FakeResources::list(RequestContext&, ListRequest request) {
    const auto list = list_of({"test://one"});
    co_return list->page(request.cursor, request.page_size);
}

Task<PageOutcome> FakeResources::list_templates(RequestContext&, ListRequest request) {
    const auto list = list_of({"test://{id}"});
    co_return list->page(request.cursor, request.page_size);
}

Task<ReadOutcome> FakeResources::read(RequestContext&, ResourceRead request) {
    if (request.uri != "test://one") co_return resource_not_found(request.uri);
    ReadResult result;
    ResourceContents contents;
    contents.uri = request.uri;
    contents.body = "one";
    result.contents.push_back(std::move(contents));
    co_return result;
}

Task<std::optional<ProtocolError>> FakeResources::subscribe(RequestContext&, std::string uri) {
    if (uri == "test://one") co_return std::nullopt;
    co_return resource_not_found(uri);
}

Task<CompletionOutcome> FakeCompletions::complete(RequestContext&, CompletionRequest request) {
    CompletionResult result;
    for (int i = 0; i < 150; ++i) result.values.push_back(request.value + std::to_string(i));
    co_return result;
}

}  // namespace kimbap::mcp::test
