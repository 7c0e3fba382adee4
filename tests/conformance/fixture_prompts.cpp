#include <utility>

#include "base/json_text.hpp"
#include "conformance/fixture.hpp"

namespace kimbap::mcp::conformance {
namespace {

PromptResult one_message(Content content) {
    PromptResult result;
    result.messages.push_back({false, std::move(content)});
    return result;
}

}  // namespace

FixturePrompts::FixturePrompts() {
    const auto item = [](const char* name, const char* description, const char* arguments) {
        return ItemList::Item{name, std::string(R"({"name":")") + name + R"(","description":")" +
                                        description + R"(","arguments":)" + arguments + "}"};
    };
    list_ = ItemList::create(
        {item("test_simple_prompt", "A simple prompt", "[]"),
         item("test_prompt_with_arguments", "A prompt with arguments",
              R"([{"name":"arg1","required":true},{"name":"arg2","required":true}])"),
         item("test_prompt_with_embedded_resource", "A prompt with a resource",
              R"([{"name":"resourceUri","required":true}])"),
         item("test_prompt_with_image", "A prompt with an image", "[]"),
         item("test_input_required_result_prompt", "A prompt that asks first", "[]")},
        CacheHints{std::chrono::seconds(60), true});
}

Task<PageOutcome> FixturePrompts::list(RequestContext&, ListRequest request) {
    co_return list_->page(request.cursor, request.page_size);
}

Task<PromptOutcome> FixturePrompts::get(RequestContext&, PromptGet request) {
    if (request.name == "test_simple_prompt") {
        co_return one_message(text_content("This is a simple prompt for testing."));
    }
    if (request.name == "test_prompt_with_arguments") {
        co_return one_message(text_content("Prompt with arguments: arg1='" +
                                           argument(request.arguments, "arg1") + "', arg2='" +
                                           argument(request.arguments, "arg2") + "'"));
    }
    if (request.name == "test_prompt_with_embedded_resource") {
        ResourceContents resource;
        resource.uri = argument(request.arguments, "resourceUri");
        if (resource.uri.empty()) co_return invalid_params("resourceUri is missing");
        resource.mime_type = "text/plain";
        resource.body = "Embedded resource content for testing.";
        auto result = one_message(embedded_resource(std::move(resource)));
        result.messages.push_back({false, text_content("Please process the resource above.")});
        co_return result;
    }
    if (request.name == "test_prompt_with_image") {
        auto result = one_message(image_content(kPng, "image/png"));
        result.messages.push_back({false, text_content("Please analyze the image above.")});
        co_return result;
    }
    if (request.name == "test_input_required_result_prompt") {
        if (!request.inputs.responses.contains("user_name")) {
            InputRequired answer;
            answer.requests.push_back(form("user_name", "What is your name?", "name"));
            co_return answer;
        }
        co_return one_message(
            text_content("Context: " + to_json(request.inputs.responses["user_name"])));
    }
    co_return unknown_prompt(request.name);
}

Task<CompletionOutcome> FixtureCompletions::complete(RequestContext&, CompletionRequest request) {
    CompletionResult result;
    for (const auto* word : {"paris", "park", "party", "testing"}) {
        if (std::string_view(word).starts_with(request.value)) result.values.emplace_back(word);
    }
    co_return result;
}

}  // namespace kimbap::mcp::conformance
