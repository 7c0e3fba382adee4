#include "app/gateway_docs.hpp"

#include "app/gateway_prompts.hpp"
#include "app/own_approvals.hpp"
#include "app/visibility.hpp"
#include "approval/approval_manager.hpp"
#include "base/json_text.hpp"

namespace kimbap::app {

std::string document(const manifests::Service& service) {
    std::string out = "# " + service.name + "\n\n" + service.description + "\n\n## Actions\n";
    for (const manifests::Action& action : service.actions) {
        out += "\n### " + action.name + "\n\n" + action.description +
               "\n\nRisk: " + std::string(manifests::name(action.risk.level)) +
               (action.risk.mutating ? ", changes things" : ", reads") + ".\n";
        for (const std::string& warning : action.warnings) out += "\nWarning: " + warning + "\n";
        for (const manifests::Arg& arg : action.args) {
            out += "\n- `" + arg.name + "`" + (arg.required ? " (required)" : "");
            if (const json::value* text = arg.schema.if_contains("description");
                text != nullptr && text->is_string()) {
                out += ": " + std::string(text->get_string());
            }
        }
        if (!action.args.empty()) out += "\n";
    }
    if (!service.gotchas.empty()) out += "\n## If something goes wrong\n";
    for (const manifests::Gotcha& gotcha : service.gotchas) {
        out += "\n- " + gotcha.symptom + ": " + gotcha.likely_cause + ". " + gotcha.recovery + "\n";
    }
    if (!service.recipes.empty()) out += "\n## Recipes\n";
    for (const manifests::Recipe& recipe : service.recipes) {
        out += "\n" + recipe_text(service, recipe) + "\n";
    }
    return out;
}

Task<mcp::PageOutcome> GatewayResources::list(mcp::RequestContext& context,
                                              mcp::ListRequest request) {
    const auto rules = gateway_.rules().current();
    const pipeline::Caller caller = caller_of(context);
    std::vector<mcp::ItemList::Item> items;
    for (const manifests::Service& service : rules->actions->services()) {
        if (!visible(*rules, caller, service)) continue;
        const std::string uri = std::string(kServiceUris) + service.name;
        const json::object resource{{"uri", uri},
                                    {"name", service.name},
                                    {"description", service.description},
                                    {"mimeType", "text/markdown"}};
        items.push_back({uri, to_json(resource)});
    }
    // So that an agent that lost its connection finds again what it asked for.
    auto finding = own_approvals(gateway_.approvals(), caller.key());
    const auto own = co_await std::move(finding);
    for (std::size_t i = 0; own && i < own->size(); ++i) {
        const approval::Approval& one = (*own)[i];
        const std::string uri = std::string(kApprovalUris) + one.id;
        const json::object resource{
            {"uri", uri},
            {"name", one.id},
            {"description", one.action + ": " + std::string(approval::name(one.state()))},
            {"mimeType", "application/json"}};
        items.push_back({uri, to_json(resource)});
    }
    const auto list = mcp::ItemList::create(std::move(items));
    co_return list->page(request.cursor, request.page_size);
}

Task<mcp::PageOutcome> GatewayResources::list_templates(mcp::RequestContext&,
                                                        mcp::ListRequest request) {
    const json::object services{{"uriTemplate", std::string(kServiceUris) + "{name}"},
                                {"name", "service"},
                                {"description", "A service's actions, and what to know of them"},
                                {"mimeType", "text/markdown"}};
    const json::object approvals{{"uriTemplate", std::string(kApprovalUris) + "{id}"},
                                 {"name", "approval"},
                                 {"description", "How one of your own suspended calls stands"},
                                 {"mimeType", "application/json"}};
    const auto list =
        mcp::ItemList::create({{"approval", to_json(approvals)}, {"service", to_json(services)}});
    co_return list->page(request.cursor, request.page_size);
}

Task<mcp::ReadOutcome> GatewayResources::read(mcp::RequestContext& context,
                                              mcp::ResourceRead request) {
    const pipeline::Caller caller = caller_of(context);
    const std::string_view uri = request.uri;
    mcp::ReadResult result;
    if (uri.starts_with(kServiceUris)) {
        const auto rules = gateway_.rules().current();
        const auto* service = rules->actions->service(uri.substr(kServiceUris.size()));
        if (service == nullptr || !visible(*rules, caller, *service)) {
            co_return mcp::resource_not_found(uri);
        }
        result.contents.push_back({request.uri, "text/markdown", document(*service)});
        co_return result;
    }
    if (uri.starts_with(kApprovalUris)) {
        auto asking = gateway_.approvals().outcome(std::string(uri.substr(kApprovalUris.size())),
                                                   caller.key());
        const auto collected = co_await std::move(asking);
        if (!collected) co_return mcp::resource_not_found(uri);
        json::object state = approval::to_json(collected->approval);
        result.contents.push_back({request.uri, "application/json", to_json(state)});
        co_return result;
    }
    co_return mcp::resource_not_found(uri);
}

Task<std::optional<mcp::ProtocolError>> GatewayResources::subscribe(mcp::RequestContext& context,
                                                                    std::string uri) {
    auto reading = read(context, {std::move(uri)});
    auto outcome = co_await std::move(reading);
    if (auto* error = std::get_if<mcp::ProtocolError>(&outcome)) co_return std::move(*error);
    co_return std::nullopt;
}

}  // namespace kimbap::app
