#include "app/gateway_completions.hpp"

#include <algorithm>

#include "app/gateway_docs.hpp"
#include "app/gateway_prompts.hpp"
#include "app/principal.hpp"
#include "approval/approval_manager.hpp"
#include "base/json_text.hpp"
#include "pipeline/prospect.hpp"

namespace kimbap::app {

namespace {

void offer(mcp::CompletionResult& result, const std::string& value, std::string_view typed) {
    if (value.starts_with(typed)) result.values.push_back(value);
}

/// The action that a template of the manifests reads, where the caller may see it.
const manifests::RegisteredAction* find_template(const pipeline::Rules& rules,
                                                 const pipeline::Caller& caller,
                                                 std::string_view uri) {
    for (const auto& action : rules.actions->actions()) {
        if (action.uri && action.action->resource->uri == uri && may_see(rules, caller, action)) {
            return &action;
        }
    }
    return nullptr;
}

/// The `enum` of the argument that a template's variable stands for.
void offer_choices(mcp::CompletionResult& result, const manifests::RegisteredAction& action,
                   const mcp::CompletionRequest& request) {
    const auto& variables = action.uri->variables();
    if (std::find(variables.begin(), variables.end(), request.argument) == variables.end()) return;
    for (const manifests::Arg& arg : action.action->args) {
        const auto* choices =
            arg.name == request.argument ? arg.schema.if_contains("enum") : nullptr;
        if (choices == nullptr || !choices->is_array()) continue;
        for (const auto& choice : choices->get_array()) {
            const auto* text = choice.if_string();
            offer(result, text != nullptr ? std::string(*text) : to_json(choice), request.value);
        }
    }
}

}  // namespace

Task<mcp::CompletionOutcome> GatewayCompletions::approvals(const pipeline::Caller& caller,
                                                           std::string typed) {
    approval::ListFilter filter;
    filter.caller_key = caller.key();
    filter.limit = mcp::kMaxCompletionValues;
    auto listing = gateway_.approvals().list(filter);
    const auto listed = co_await std::move(listing);
    if (!listed) {
        co_return mcp::ProtocolError{mcp::code::kInternalError, listed.error().message, {}};
    }
    mcp::CompletionResult result;
    for (const approval::Approval& one : *listed) offer(result, one.id, typed);
    co_return result;
}

Task<mcp::CompletionOutcome> GatewayCompletions::complete(mcp::RequestContext& context,
                                                          mcp::CompletionRequest request) {
    const auto rules = gateway_.rules().current();
    const pipeline::Caller caller = caller_of(context);
    if (request.kind == mcp::CompletionRequest::Kind::prompt) {
        const manifests::Recipe* recipe = find_recipe(*rules, caller, request.reference).recipe;
        if (recipe == nullptr) co_return mcp::unknown_prompt(request.reference);
        mcp::CompletionResult result;
        for (const manifests::RecipeArg& arg : recipe->args) {
            if (arg.name != request.argument) continue;
            for (const std::string& choice : arg.choices) offer(result, choice, request.value);
        }
        co_return result;
    }
    if (request.reference == std::string(kApprovalUris) + "{id}") {
        if (request.argument != "id") co_return mcp::CompletionResult{};
        auto listing = approvals(caller, std::move(request.value));
        co_return co_await std::move(listing);
    }
    mcp::CompletionResult result;
    if (request.reference != std::string(kServiceUris) + "{name}") {
        const auto* action = find_template(*rules, caller, request.reference);
        if (action == nullptr) co_return mcp::resource_not_found(request.reference);
        offer_choices(result, *action, request);
        co_return result;
    }
    if (request.argument != "name") co_return result;
    for (const manifests::Service& service : rules->actions->services()) {
        if (may_see(*rules, caller, service)) offer(result, service.name, request.value);
    }
    co_return result;
}

}  // namespace kimbap::app
