#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "async/task.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/context.hpp"
#include "mcp/outbox.hpp"

namespace kimbap::mcp {
class ServerCore;
}

namespace kimbap::mcp::modern {

/// What a subscriptions/listen request asks to hear of.
struct Filter {
    bool tools = false;
    bool prompts = false;
    bool resources = false;
    std::set<std::string, std::less<>> uris = {};
    std::set<std::string, std::less<>> tasks = {};
};

/// Reads params.notifications. Errors: wrong types, more than `max_subscriptions` of a kind.
[[nodiscard]] std::variant<Filter, ProtocolError> read_filter(const json::object& params,
                                                              std::size_t max_subscriptions);
/// The filter as a JSON object, only what is on.
[[nodiscard]] std::string filter_text(const Filter& filter);

/// An open subscriptions/listen stream (basic/patterns/subscriptions): tags what it sends with the
/// request's identifier and sends nothing that was not asked for.
class Subscription final : public ChangeListener {
public:
    /// `id` as JSON text. On stdio the outbox is everybody's, and must not be finished with the
    /// stream: `owns_outbox`.
    Subscription(std::shared_ptr<ServerCore> core, std::string id, Filter filter,
                 std::shared_ptr<Outbox> outbox, bool owns_outbox);

    /// What of `wanted` the server has and this caller may hear of.
    static Task<std::variant<Filter, ProtocolError>> grant(const ServerCore& core, Filter wanted,
                                                           RequestContext& context);

    /// Sends the acknowledgement; only then may the subscription be added to the hub.
    void acknowledge();
    /// Answers the request, which ends the stream. Idempotent.
    void close();
    /// Ends it without an answer: the client withdrew it.
    void abandon();

    void on_list_changed(ListKind kind) override;
    void on_resource_updated(std::string_view uri) override;
    void on_task_changed(const TaskState& task) override;
    void add_watched(Watched& all) const override;
    void on_drain() override { close(); }

private:
    void send(std::string_view method, std::string_view members);

    const std::shared_ptr<ServerCore> core_;
    const std::string id_;
    const Filter filter_;
    const std::shared_ptr<Outbox> outbox_;
    const bool owns_outbox_;
    std::atomic<bool> closed_{false};
};

}  // namespace kimbap::mcp::modern
