#include "app/gateway_prompts.hpp"

#include <algorithm>

#include "app/principal.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "manifests/placeholders.hpp"
#include "pipeline/prospect.hpp"

namespace kimbap::app {

namespace {

namespace json = boost::json;

json::array arguments_of(const manifests::Recipe& recipe) {
    json::array out;
    for (const manifests::RecipeArg& arg : recipe.args) {
        json::object one{{"name", arg.name}, {"required", arg.required}};
        std::string text = arg.description;
        for (const std::string& choice : arg.choices) {
            text += (&choice != arg.choices.data() ? ", "
                     : text.empty()                ? "One of: "
                                                   : " One of: ");
            text += choice;
        }
        if (!text.empty()) one["description"] = text;
        out.push_back(std::move(one));
    }
    return out;
}

/// The arguments that the recipe declares, absent optional ones as empty text.
std::variant<json::object, mcp::ProtocolError> fill_in(const manifests::Recipe& recipe,
                                                       const json::object& given) {
    json::object out;
    for (const manifests::RecipeArg& arg : recipe.args) {
        const json::value* value = given.if_contains(arg.name);
        if (value == nullptr && arg.required) {
            return mcp::invalid_params("the argument \"" + arg.name + "\" is missing");
        }
        const std::string text(value == nullptr ? "" : value->get_string());
        if (value != nullptr && !arg.choices.empty() &&
            std::find(arg.choices.begin(), arg.choices.end(), text) == arg.choices.end()) {
            std::string message = "the argument \"" + arg.name + "\" must be one of:";
            for (const std::string& choice : arg.choices) message += " " + choice;
            return mcp::invalid_params(std::move(message));
        }
        out[arg.name] = text;
    }
    return out;
}

}  // namespace

std::string prompt_name(const manifests::Service& service, const manifests::Recipe& recipe) {
    return service.name + "_" + recipe.slug();
}

FoundRecipe find_recipe(const pipeline::Rules& rules, const pipeline::Caller& caller,
                        std::string_view prompt) {
    for (const manifests::Service& service : rules.actions->services()) {
        for (const manifests::Recipe& recipe : service.recipes) {
            if (prompt_name(service, recipe) == prompt && may_see(rules, caller, service)) {
                return {&service, &recipe};
            }
        }
    }
    return {};
}

std::string recipe_text(const manifests::Service& service, const manifests::Recipe& recipe,
                        const json::object& arguments) {
    std::string out = recipe.name + " (" + service.name + ")\n";
    if (!recipe.description.empty()) out += recipe.description + "\n";
    int number = 0;
    for (const std::string& step : recipe.steps) {
        out += "\n" + std::to_string(++number) + ". ";
        out += manifests::substitute(step, [&](std::string_view name) {
            const json::value* value = arguments.if_contains(name);
            return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                          : "{" + std::string(name) + "}";
        });
    }
    return out;
}

std::optional<std::string> resource_uri(std::string_view uri, const json::object& arguments) {
    const bool whole = !manifests::sole_placeholder(uri).empty();
    bool given = true;
    std::string out = manifests::substitute(uri, [&](std::string_view name) {
        const json::value* value = arguments.if_contains(name);
        given = given && value != nullptr && value->is_string() && !value->get_string().empty();
        if (!given) return std::string{};
        const std::string text(value->get_string());
        return whole ? text : percent_encode(text);
    });
    return given ? std::optional(std::move(out)) : std::nullopt;
}

mcp::Content prompt_content(mcp::ResourceContents contents) {
    if (contents.is_blob && contents.mime_type.starts_with("image/")) {
        return mcp::image_content(std::move(contents.body), contents.mime_type);
    }
    if (contents.is_blob && contents.mime_type.starts_with("audio/")) {
        return mcp::audio_content(std::move(contents.body), contents.mime_type);
    }
    return mcp::embedded_resource(std::move(contents));
}

Task<std::optional<mcp::ProtocolError>> GatewayPrompts::attach(mcp::RequestContext& context,
                                                               std::string uri,
                                                               mcp::PromptResult& result) {
    auto reading = resources_.read(context, {std::move(uri)});
    auto outcome = co_await std::move(reading);
    if (auto* error = std::get_if<mcp::ProtocolError>(&outcome)) {
        // Of a prompt it is an argument that names nothing.
        if (error->code == mcp::code::kResourceNotFound) error->code = mcp::code::kInvalidParams;
        co_return std::move(*error);
    }
    auto* read = std::get_if<mcp::ReadResult>(&outcome);
    for (std::size_t i = 0; read != nullptr && i < read->contents.size(); ++i) {
        mcp::PromptMessage message;
        message.content = prompt_content(std::move(read->contents[i]));
        result.messages.push_back(std::move(message));
    }
    co_return std::nullopt;
}

Task<mcp::PageOutcome> GatewayPrompts::list(mcp::RequestContext& context,
                                            mcp::ListRequest request) {
    const auto rules = gateway_.rules().current();
    const pipeline::Caller caller = caller_of(context);
    std::vector<mcp::ItemList::Item> items;
    for (const manifests::Service& service : rules->actions->services()) {
        if (!may_see(*rules, caller, service)) continue;
        for (const manifests::Recipe& recipe : service.recipes) {
            const std::string name = prompt_name(service, recipe);
            json::object prompt{
                {"name", name},
                {"title", recipe.name},
                {"description", recipe.description.empty() ? recipe.name : recipe.description}};
            if (!recipe.args.empty()) prompt["arguments"] = arguments_of(recipe);
            items.push_back({name, to_json(prompt)});
        }
    }
    const auto list = mcp::ItemList::create(std::move(items));
    co_return list->page(request.cursor, request.page_size);
}

Task<mcp::PromptOutcome> GatewayPrompts::get(mcp::RequestContext& context, mcp::PromptGet request) {
    const auto rules = gateway_.rules().current();
    const auto [service, recipe] = find_recipe(*rules, caller_of(context), request.name);
    if (recipe == nullptr) co_return mcp::unknown_prompt(request.name);
    auto arguments = fill_in(*recipe, request.arguments);
    if (auto* error = std::get_if<mcp::ProtocolError>(&arguments)) co_return std::move(*error);
    mcp::PromptResult result;
    result.description = recipe->description;
    mcp::PromptMessage message;
    message.content =
        mcp::text_content(recipe_text(*service, *recipe, std::get<json::object>(arguments)));
    result.messages.push_back(std::move(message));
    for (const std::string& resource : recipe->resources) {
        auto uri = resource_uri(resource, std::get<json::object>(arguments));
        if (!uri) continue;
        auto attaching = attach(context, std::move(*uri), result);
        auto error = co_await std::move(attaching);
        if (error) co_return std::move(*error);
    }
    co_return result;
}

}  // namespace kimbap::app
