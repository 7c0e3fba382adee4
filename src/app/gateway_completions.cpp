#include "app/gateway_completions.hpp"

#include "app/gateway_docs.hpp"
#include "app/gateway_prompts.hpp"
#include "app/visibility.hpp"
#include "approval/approval_manager.hpp"

namespace kimbap::app {

namespace {

void offer(mcp::CompletionResult& result, const std::string& value, std::string_view typed) {
    if (value.starts_with(typed)) result.values.push_back(value);
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
    if (request.reference != std::string(kServiceUris) + "{name}") {
        co_return mcp::resource_not_found(request.reference);
    }
    mcp::CompletionResult result;
    if (request.argument != "name") co_return result;
    for (const manifests::Service& service : rules->actions->services()) {
        if (visible(*rules, caller, service)) offer(result, service.name, request.value);
    }
    co_return result;
}

}  // namespace kimbap::app
