#include "app/gateway_tools.hpp"

#include "app/context_observer.hpp"
#include "app/mirrored_headers.hpp"
#include "app/own_approvals.hpp"
#include "app/principal.hpp"
#include "app/user_question.hpp"
#include "approval/approval_manager.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "manifests/loader.hpp"
#include "pipeline/prospect.hpp"

namespace kimbap::app {

namespace {

using pipeline::CallResult;
using pipeline::ContentKind;
using pipeline::Disposition;

static_assert(kApprovalResultTool == manifests::kOwnTool);  // no manifest can hide it

std::string approval_result_definition() {
    const json::object schema{
        {"type", "object"},
        {"properties",
         {{"approval",
           {{"type", "string"},
            {"description",
             "The approval's identifier, apr_…; without it, your approvals are listed"}}},
          {"wait_seconds",
           {{"type", "integer"},
            {"minimum", 0},
            {"maximum", kMaxCollectWait.count()},
            {"default", 0},
            {"description", "How long to wait for the decision before answering"}}}}},
        {"additionalProperties", false}};
    const json::object tool{
        {"name", kApprovalResultTool},
        {"title", "kimbap: outcome of an approval"},
        {"description",
         "Collects the outcome of a call that waits for an operator's approval. Use it after a "
         "tool "
         "answered that its call needs approval; it answers with the call's own result once an "
         "operator approved and the call ran, or says how it stands. Without an identifier it "
         "lists your "
         "calls that wait or were approved, to find them again."},
        {"inputSchema", schema},
        {"annotations",
         {{"readOnlyHint", true}, {"idempotentHint", true}, {"openWorldHint", false}}}};
    return to_json(tool);
}

/// What definitions of tools depend on besides the caller.
struct Dialect {
    mcp::StructuredResults results = mcp::StructuredResults::any;
    bool tasks = false;  ///< Revision 2025-11-25 wants to know of them.
};

std::string definition(const manifests::RegisteredAction& action, const Dialect& dialect) {
    std::string out = action.tool_json;
    out.pop_back();
    if (dialect.results != mcp::StructuredResults::none) {
        const std::string& schema = dialect.results == mcp::StructuredResults::any
                                        ? action.output_schema
                                        : action.object_output_schema;
        if (!schema.empty()) out += R"(,"outputSchema":)" + schema;
    }
    if (dialect.tasks) out += R"(,"execution":{"taskSupport":"optional"})";
    return out + '}';
}

/// A tool with an output schema must give structured results; an answer that only says how the call
/// stands is none, and clients would hold it to the schema if it were no error.
bool owes_structure(const CallResult& result, const pipeline::Rules& rules) {
    if (result.disposition != Disposition::pending) return false;
    const auto* action = rules.actions->find(result.action);
    return action != nullptr && !action->output_schema.empty();
}

mcp::ToolOutcome no_such_tool(CallResult result) {
    return mcp::ProtocolError{mcp::code::kInvalidParams, std::move(result.message), {}};
}

}  // namespace

json::object meta_of(const CallResult& result) {
    json::object meta;
    if (!result.call.empty()) meta["kimbap/call"] = result.call;
    if (!result.decision.empty()) meta["kimbap/decision"] = result.decision;
    if (!result.rule.empty()) meta["kimbap/rule"] = result.rule;
    if (!result.approval.empty()) meta["kimbap/approval"] = result.approval;
    if (!result.task.empty()) meta["kimbap/task"] = result.task;
    return meta;
}

mcp::ToolResult to_tool_result(CallResult result) {
    mcp::ToolResult out;
    out.meta = meta_of(result);
    out.is_error =
        result.disposition != Disposition::succeeded && result.disposition != Disposition::pending;
    if (result.disposition != Disposition::succeeded) {
        out.content.push_back(mcp::text_content(std::move(result.message)));
        return out;
    }
    switch (result.content) {
        case ContentKind::none:
            out.content.push_back(mcp::text_content("Done."));
            break;
        case ContentKind::json:
            // Its text is added where there is no other block.
            if (!result.message.empty()) out.content.push_back(mcp::text_content(result.body));
            out.structured_json = std::move(result.body);  // any JSON value
            break;
        case ContentKind::text:
            out.content.push_back(mcp::text_content(std::move(result.body)));
            break;
        case ContentKind::image:
            out.content.push_back(mcp::image_content(base64_encode(result.body), result.mime_type));
            break;
        case ContentKind::audio:
            out.content.push_back(mcp::audio_content(base64_encode(result.body), result.mime_type));
            break;
        case ContentKind::binary: {
            mcp::ResourceContents resource;
            resource.uri = "kimbap://calls/" + result.call;
            resource.mime_type = result.mime_type;
            resource.body = base64_encode(result.body);
            resource.is_blob = true;
            out.content.push_back(mcp::embedded_resource(std::move(resource)));
            break;
        }
    }
    if (!result.message.empty()) {
        out.meta["kimbap/incomplete"] = true;
        out.content.push_back(mcp::text_content(std::move(result.message)));
    }
    return out;
}

std::shared_ptr<const mcp::ItemList> GatewayTools::list_for(const mcp::RequestContext& context) {
    const auto rules = gateway_.rules().current();
    const pipeline::Caller caller = caller_of(context);
    const Dialect dialect{context.structured_results(), context.tools_declare_tasks()};
    const std::string key = std::to_string(static_cast<int>(dialect.results)) +
                            (dialect.tasks ? "tasks:" : "plain:") + caller.key();
    {
        const std::lock_guard lock(mutex_);
        const auto found = cache_.find(key);
        if (found != cache_.end() && found->second.rules == rules) return found->second.list;
    }
    std::vector<mcp::ItemList::Item> items;
    bool approvals = false;
    for (const auto& action : rules->actions->actions()) {
        const auto prospect = prospect_of(*rules, caller, action);
        if (!prospect.possible) continue;
        approvals = approvals || prospect.approval;
        items.push_back({action.tool_name, definition(action, dialect)});
    }
    if (approvals) {
        items.push_back({std::string(kApprovalResultTool), approval_result_definition()});
    }
    auto list = mcp::ItemList::create(std::move(items));
    const std::lock_guard lock(mutex_);
    if (cache_.size() >= kMaxCachedLists) cache_.clear();
    cache_[key] = {rules, list};
    return list;
}

Task<mcp::PageOutcome> GatewayTools::list(mcp::RequestContext& context, mcp::ListRequest request) {
    co_return list_for(context)->page(request.cursor, request.page_size);
}

Task<mcp::ToolOutcome> GatewayTools::call(mcp::RequestContext& context, mcp::ToolCall call) {
    pipeline::Caller caller = caller_of(context);
    if (call.name == kApprovalResultTool) {
        auto collecting = collect(context, caller, call);
        co_return co_await std::move(collecting);
    }
    ContextObserver observer(context);
    pipeline::CallRequest request;
    request.caller = std::move(caller);
    request.tool = std::move(call.name);
    request.arguments = std::move(call.arguments);
    request.observer = &observer;
    UserQuestion question(context, std::move(call.inputs), gateway_.questions(), gateway_.clock(),
                          gateway_.workers());
    request.asker = &question;
    request.cancel = context.cancel_token();
    Gateway::Lane* const lane = co_await lanes_.here();
    if (context.client_supports_tasks()) {
        auto calling = call_for_task(context, lane->pipeline, std::move(request), question);
        co_return co_await std::move(calling);
    }
    request.hold = gateway_.config().approvals.hold;
    auto running = lane->pipeline.run(std::move(request));
    CallResult result = co_await std::move(running);
    if (result.disposition == Disposition::unknown_tool) co_return no_such_tool(std::move(result));
    if (auto instead = question.instead_of(result))
        co_return as<mcp::ToolOutcome>(std::move(*instead));
    const bool owes = owes_structure(result, *gateway_.rules().current());
    mcp::ToolResult out = to_tool_result(std::move(result));
    out.is_error = out.is_error || owes;
    co_return out;
}

/// For a client that comes back for the result: not held for an operator, and not for long.
Task<mcp::ToolOutcome> GatewayTools::call_for_task(mcp::RequestContext& context,
                                                   pipeline::Pipeline& pipeline,
                                                   pipeline::CallRequest request,
                                                   UserQuestion& question) {
    const std::string key = request.caller.key();
    pipeline::Detach detach;
    detach.always = context.task_asked();
    if (!detach.always) detach.patience = gateway_.config().tasks.after;
    detach.keep_streams = context.wants_progress() && !detach.always;
    auto running = pipeline.run(std::move(request), detach);
    CallResult result = co_await std::move(running);
    if (result.disposition == Disposition::unknown_tool) co_return no_such_tool(std::move(result));
    if (!detach.always || result.disposition == Disposition::asked) {
        if (auto instead = question.instead_of(result))
            co_return as<mcp::ToolOutcome>(std::move(*instead));
    }
    if (result.disposition != Disposition::pending && !detach.always) {
        co_return to_tool_result(std::move(result));
    }
    std::string id = result.task.empty() ? result.approval : result.task;
    if (id.empty()) {  // its caller went, or the store takes nothing
        co_return mcp::ProtocolError{mcp::code::kInternalError, std::move(result.message), {}};
    }
    auto looking = tasks_.state(std::move(id), key);
    auto task = co_await std::move(looking);
    if (auto* error = std::get_if<mcp::ProtocolError>(&task)) co_return std::move(*error);
    auto& created = std::get<mcp::TaskState>(task);
    if (detach.always) {  // begins as `working`, whatever is known already (Task Status Lifecycle)
        created.status = mcp::TaskStatus::working;
        created.result.reset();
    }
    co_return std::move(created);
}

/// Names that there aren't are call()'s to refuse.
bool GatewayTools::takes_task(const mcp::RequestContext&, std::string_view tool) {
    return tool != kApprovalResultTool;
}

std::shared_ptr<const mcp::HeaderParams> GatewayTools::header_params(
    const mcp::RequestContext& context, std::string_view tool) {
    const auto rules = gateway_.rules().current();
    const auto* action = rules->actions->find(tool);
    if (action == nullptr) return nullptr;
    auto headers = mirrored_headers(*action);
    if (!headers) return nullptr;
    if (!may_see(*rules, caller_of(context), *action)) return nullptr;
    return headers;
}

Task<mcp::ToolOutcome> GatewayTools::list_own(std::string caller_key) {
    auto finding = own_approvals(gateway_.approvals(), std::move(caller_key));
    const auto own = co_await std::move(finding);
    if (!own) co_return mcp::error_result("Your approvals can't be read: " + own.error().message);
    json::array list;
    for (const approval::Approval& one : *own) list.emplace_back(own_approval_json(one));
    mcp::ToolResult result;
    result.structured_json = to_json(json::object{{"approvals", std::move(list)}});
    co_return result;
}

Task<mcp::ToolOutcome> GatewayTools::collect(mcp::RequestContext& context,
                                             const pipeline::Caller& caller,
                                             const mcp::ToolCall& call) {
    const json::value* approval = call.arguments.if_contains("approval");
    const json::value* wait = call.arguments.if_contains("wait_seconds");
    std::chrono::seconds seconds{0};
    if (approval == nullptr) {
        auto listing = list_own(caller.key());
        co_return co_await std::move(listing);
    }
    if (!approval->is_string()) {
        co_return mcp::error_result(
            "Invalid arguments: /approval must be the approval's identifier, "
            "like \"apr_…\".");
    }
    if (wait != nullptr) {
        if (!wait->is_int64() || wait->get_int64() < 0) {
            co_return mcp::error_result(
                "Invalid arguments: /wait_seconds must be a whole number of "
                "seconds, at most 55.");
        }
        seconds = std::min(kMaxCollectWait, std::chrono::seconds{wait->get_int64()});
    }
    Gateway::Lane* const lane = co_await lanes_.here();
    auto collecting = lane->pipeline.collect(caller, std::string(approval->get_string()), seconds,
                                             context.cancel_token());
    CallResult result = co_await std::move(collecting);
    co_return to_tool_result(std::move(result));
}

}  // namespace kimbap::app
