#include "app/gateway_resources.hpp"

#include "app/context_observer.hpp"
#include "app/gateway_docs.hpp"
#include "app/gateway_tools.hpp"
#include "app/own_approvals.hpp"
#include "app/principal.hpp"
#include "app/user_question.hpp"
#include "approval/approval_manager.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "pipeline/prospect.hpp"

namespace kimbap::app {

namespace {

namespace json = boost::json;
using pipeline::ContentKind;
using pipeline::Disposition;

/// The action that a resource is read by; the first that the caller may see.
std::optional<manifests::ResourceMatch> match(const pipeline::Rules& rules,
                                              const pipeline::Caller& caller,
                                              std::string_view uri) {
    for (manifests::ResourceMatch& found : rules.actions->resources_at(uri)) {
        if (may_see(rules, caller, *found.action)) return std::move(found);
    }
    return std::nullopt;
}

int error_code(Disposition disposition) {
    switch (disposition) {
        case Disposition::invalid_arguments:
            return mcp::code::kInvalidParams;
        case Disposition::denied:
        case Disposition::not_approved:
        case Disposition::not_confirmed:
            return mcp::code::kRefused;
        case Disposition::pending:
            return mcp::code::kPending;
        default:
            return mcp::code::kInternalError;
    }
}

bool is_gone(const pipeline::CallResult& result) {
    return result.disposition == Disposition::unknown_tool ||
           (result.disposition == Disposition::failed &&
            (result.http_status == 404 || result.http_status == 410));
}

}  // namespace

mcp::ReadOutcome to_read_outcome(pipeline::CallResult result, const std::string& uri,
                                 const std::string& mime_type) {
    json::object meta = meta_of(result);
    if (result.disposition != Disposition::succeeded) {
        mcp::ProtocolError error = mcp::resource_not_found(uri);
        if (!is_gone(result)) error = {error_code(result.disposition), result.message, {}};
        meta["uri"] = uri;
        error.data = std::move(meta);
        return error;
    }
    mcp::ResourceContents contents;
    contents.uri = uri;
    contents.mime_type = !mime_type.empty()                    ? mime_type
                         : result.content == ContentKind::json ? "application/json"
                                                               : result.mime_type;
    contents.is_blob = result.content >= ContentKind::image;
    contents.body = contents.is_blob ? base64_encode(result.body) : std::move(result.body);
    mcp::ReadResult out;
    out.contents.push_back(std::move(contents));
    out.cache = mcp::CacheHints{};
    out.meta = std::move(meta);
    return out;
}

Task<mcp::PageOutcome> GatewayResources::list(mcp::RequestContext& context,
                                              mcp::ListRequest request) {
    const auto rules = gateway_.rules().current();
    const pipeline::Caller caller = caller_of(context);
    std::vector<mcp::ItemList::Item> items;
    for (const manifests::Service& service : rules->actions->services()) {
        if (!may_see(*rules, caller, service)) continue;
        const std::string uri = std::string(kServiceUris) + service.name;
        const json::object resource{{"uri", uri},
                                    {"name", service.name},
                                    {"description", service.description},
                                    {"mimeType", "text/markdown"}};
        items.push_back({uri, to_json(resource)});
    }
    for (const auto& action : rules->actions->actions()) {
        if (!action.uri || !action.uri->variables().empty()) continue;
        if (may_see(*rules, caller, action)) {
            items.push_back({action.action->resource->uri, action.resource_json});
        }
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

Task<mcp::PageOutcome> GatewayResources::list_templates(mcp::RequestContext& context,
                                                        mcp::ListRequest request) {
    const json::object services{{"uriTemplate", std::string(kServiceUris) + "{name}"},
                                {"name", "service"},
                                {"description", "A service's actions, and what to know of them"},
                                {"mimeType", "text/markdown"}};
    const json::object approvals{{"uriTemplate", std::string(kApprovalUris) + "{id}"},
                                 {"name", "approval"},
                                 {"description", "How one of your own suspended calls stands"},
                                 {"mimeType", "application/json"}};
    std::vector<mcp::ItemList::Item> items{{"approval", to_json(approvals)},
                                           {"service", to_json(services)}};
    const auto rules = gateway_.rules().current();
    const pipeline::Caller caller = caller_of(context);
    for (const auto& action : rules->actions->actions()) {
        if (!action.uri || action.uri->variables().empty()) continue;
        if (may_see(*rules, caller, action)) {
            items.push_back({action.action->resource->uri, action.resource_json});
        }
    }
    const auto list = mcp::ItemList::create(std::move(items));
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
        if (service == nullptr || !may_see(*rules, caller, *service)) {
            co_return mcp::resource_not_found(uri);
        }
        const auto shown = [&](const manifests::Action& action) {
            const auto* known = rules->actions->find(service->name + "." + action.name);
            return known != nullptr && may_see(*rules, caller, *known);
        };
        result.contents.push_back({request.uri, "text/markdown", document(*service, shown)});
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
    auto reading = read_action(context, std::move(request));
    co_return co_await std::move(reading);
}

Task<mcp::ReadOutcome> GatewayResources::read_action(mcp::RequestContext& context,
                                                     mcp::ResourceRead request) {
    const std::string uri = std::move(request.uri);
    const auto rules = gateway_.rules().current();
    pipeline::CallRequest call;
    call.caller = caller_of(context);
    auto found = match(*rules, call.caller, uri);
    if (!found) co_return mcp::resource_not_found(uri);
    ContextObserver observer(context);
    call.tool = found->action->id;
    call.arguments = std::move(found->arguments);
    call.observer = &observer;
    UserQuestion question(context, std::move(request.inputs), gateway_.questions(),
                          gateway_.clock(), gateway_.workers());
    call.asker = &question;
    call.cancel = context.cancel_token();
    call.hold = gateway_.config().approvals.hold;
    Gateway::Lane* const lane = co_await lanes_.here();
    auto running = lane->pipeline.run(std::move(call));
    pipeline::CallResult result = co_await std::move(running);
    if (auto instead = question.instead_of(result)) {
        co_return as<mcp::ReadOutcome>(std::move(*instead));
    }
    co_return to_read_outcome(std::move(result), uri, found->action->action->resource->mime_type);
}

Task<std::optional<mcp::ProtocolError>> GatewayResources::subscribe(mcp::RequestContext& context,
                                                                    std::string uri) {
    if (!uri.starts_with(kServiceUris) && !uri.starts_with(kApprovalUris)) {
        const auto rules = gateway_.rules().current();
        if (!match(*rules, caller_of(context), uri)) co_return mcp::resource_not_found(uri);
        co_return mcp::invalid_params("Changes of " + uri +
                                      " can't be told: its service tells nobody. Read it again.");
    }
    auto reading = read(context, {std::move(uri)});
    auto outcome = co_await std::move(reading);
    if (auto* error = std::get_if<mcp::ProtocolError>(&outcome)) co_return std::move(*error);
    co_return std::nullopt;
}

}  // namespace kimbap::app
