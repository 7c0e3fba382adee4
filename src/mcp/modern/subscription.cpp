#include "mcp/modern/subscription.hpp"

#include <utility>

#include "base/json_text.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/modern/response.hpp"
#include "mcp/result_json.hpp"
#include "mcp/server_core.hpp"

namespace kimbap::mcp::modern {
namespace {

using Names = std::set<std::string, std::less<>>;

std::optional<ProtocolError> read_flag(const json::object& filter, std::string_view key,
                                       bool& flag) {
    const auto* value = filter.if_contains(key);
    if (!value) return std::nullopt;
    if (!value->is_bool()) {
        return invalid_params("notifications." + std::string(key) + " must be a boolean");
    }
    flag = value->get_bool();
    return std::nullopt;
}

std::optional<ProtocolError> read_names(const json::object& filter, std::string_view key,
                                        std::size_t limit, Names& names) {
    const auto* value = filter.if_contains(key);
    if (!value) return std::nullopt;
    const auto where = "notifications." + std::string(key);
    if (!value->is_array()) return invalid_params(where + " must be an array of strings");
    if (value->get_array().size() > limit) {
        return invalid_params(where + " may hold " + std::to_string(limit) + " entries at most");
    }
    for (const auto& element : value->get_array()) {
        if (!element.is_string()) return invalid_params(where + " must be an array of strings");
        names.emplace(element.get_string());
    }
    return std::nullopt;
}

void append_names(std::string& out, std::string_view key, const Names& names) {
    if (names.empty()) return;
    if (out.back() != '{') out += ',';
    append_json_string(out, key);
    out += ":[";
    for (const auto& name : names) {
        if (out.back() != '[') out += ',';
        append_json_string(out, name);
    }
    out += ']';
}

void append_flag(std::string& out, std::string_view key, bool flag) {
    if (!flag) return;
    if (out.back() != '{') out += ',';
    append_json_string(out, key);
    out += ":true";
}

}  // namespace

std::variant<Filter, ProtocolError> read_filter(const json::object& params,
                                                std::size_t max_subscriptions) {
    const auto* value = params.if_contains("notifications");
    if (!value || !value->is_object()) {
        return invalid_params("params.notifications must be an object: what to listen for");
    }
    const auto& object = value->get_object();
    Filter filter;
    auto error = read_flag(object, "toolsListChanged", filter.tools);
    if (!error) error = read_flag(object, "promptsListChanged", filter.prompts);
    if (!error) error = read_flag(object, "resourcesListChanged", filter.resources);
    if (!error) error = read_names(object, "resourceSubscriptions", max_subscriptions, filter.uris);
    if (!error) error = read_names(object, "taskIds", max_subscriptions, filter.tasks);
    if (error) return std::move(*error);
    return filter;
}

std::string filter_text(const Filter& filter) {
    std::string out = "{";
    append_flag(out, "toolsListChanged", filter.tools);
    append_flag(out, "promptsListChanged", filter.prompts);
    append_flag(out, "resourcesListChanged", filter.resources);
    append_names(out, "resourceSubscriptions", filter.uris);
    append_names(out, "taskIds", filter.tasks);
    out += '}';
    return out;
}

Subscription::Subscription(std::shared_ptr<ServerCore> core, std::string id, Filter filter,
                           std::shared_ptr<Outbox> outbox, bool owns_outbox)
    : core_(std::move(core)),
      id_(std::move(id)),
      filter_(std::move(filter)),
      outbox_(std::move(outbox)),
      owns_outbox_(owns_outbox) {}

Task<std::variant<Filter, ProtocolError>> Subscription::grant(const ServerCore& core, Filter wanted,
                                                              RequestContext& context) {
    const auto& providers = core.providers;
    Filter granted;
    granted.tools = wanted.tools && providers.tools;
    granted.prompts = wanted.prompts && providers.prompts;
    granted.resources = wanted.resources && providers.resources;
    if (!wanted.tasks.empty() && !context.client_supports_tasks()) co_return tasks_required();
    if (providers.resources) {
        for (const auto& uri : wanted.uris) {
            auto work = providers.resources->subscribe(context, uri);
            const auto refused = co_await std::move(work);
            if (!refused) granted.uris.insert(uri);
        }
    }
    if (providers.tasks) {
        for (const auto& id : wanted.tasks) {
            auto work = providers.tasks->get(context, id);
            const auto task = co_await std::move(work);
            if (std::holds_alternative<TaskState>(task)) granted.tasks.insert(id);
        }
    }
    co_return granted;
}

void Subscription::send(std::string_view method, std::string_view members) {
    if (closed_) return;
    std::string params = R"({"_meta":{"io.modelcontextprotocol/subscriptionId":)";
    params += id_;
    params += '}';
    params += members;
    params += '}';
    // On a shared outbox a lagging reader loses notifications instead of everybody's channel.
    outbox_->push(notification(method, params),
                  owns_outbox_ ? Outbox::Kind::normal : Outbox::Kind::droppable);
}

void Subscription::acknowledge() {
    send("notifications/subscriptions/acknowledged", R"(,"notifications":)" + filter_text(filter_));
}

void Subscription::close() {
    if (closed_.exchange(true)) return;
    outbox_->push(core_->modern_writer.listen_closed(id_), Outbox::Kind::response);
    if (owns_outbox_) outbox_->finish();
}

void Subscription::abandon() {
    if (closed_.exchange(true)) return;
    if (owns_outbox_) outbox_->finish();
}

void Subscription::on_list_changed(ListKind kind) {
    const bool wanted = kind == ListKind::tools     ? filter_.tools
                        : kind == ListKind::prompts ? filter_.prompts
                                                    : filter_.resources;
    if (wanted) send(list_changed_method(kind), {});
}

void Subscription::on_resource_updated(std::string_view uri) {
    if (!filter_.uris.contains(uri)) return;
    std::string members;
    append_member(members, "uri", uri);
    send("notifications/resources/updated", "," + members);
}

void Subscription::add_watched(Watched& all) const {
    all.tasks.insert(filter_.tasks.begin(), filter_.tasks.end());
    all.uris.insert(filter_.uris.begin(), filter_.uris.end());
}

void Subscription::on_task_changed(const TaskState& task) {
    if (!filter_.tasks.contains(task.id)) return;
    std::string members;
    append_task_members(members, task, true);
    send("notifications/tasks", "," + members);
}

}  // namespace kimbap::mcp::modern
