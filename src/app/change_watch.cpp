#include "app/change_watch.hpp"

#include <boost/asio/this_coro.hpp>
#include <set>

#include "app/gateway_docs.hpp"
#include "approval/ticker.hpp"
#include "store/store.hpp"

namespace kimbap::app {

namespace {

constexpr std::chrono::milliseconds kTick{100};
/// How late a new listener is noticed while nothing changes.
constexpr std::chrono::milliseconds kIdle{500};

/// What a listener can see change.
std::string standing_of(const approval::Approval& approval) {
    const approval::Standing& standing = approval.standing;
    return std::string(approval::name(standing.state)) + "/" +
           std::string(approval::name(standing.execution)) + "/" +
           std::to_string(standing.votes.size()) + (standing.stopping ? "/stopping" : "");
}

}  // namespace

Task<void> ChangeWatch::look_at(std::string id, bool as_task, bool as_resource) {
    auto finding = gateway_.approvals().find(id);
    const auto found = co_await std::move(finding);
    if (!found) co_return;
    const std::string now = standing_of(*found);
    // Who has just begun to listen knows what it was answered: news is what differs from a request
    // that nobody decided.
    auto [told, fresh] = told_.try_emplace(id, "pending//0");
    if (told->second == now) co_return;
    told->second = now;
    if (as_resource) server_.resource_updated(std::string(kApprovalUris) + id);
    if (!as_task) co_return;
    auto looking = tasks_.state(id, found->caller_key);
    const auto state = co_await std::move(looking);
    // Only its own caller could ask to hear of it.
    if (const auto* task = std::get_if<mcp::TaskState>(&state)) server_.task_changed(*task);
}

Task<void> ChangeWatch::look() {
    mcp::Watched watched = server_.watched();
    std::set<std::string> ids(watched.tasks.begin(), watched.tasks.end());
    std::set<std::string> resources;
    for (const std::string& uri : watched.uris) {
        if (!uri.starts_with(kApprovalUris)) continue;
        resources.insert(uri.substr(kApprovalUris.size()));
        ids.insert(uri.substr(kApprovalUris.size()));
    }
    std::erase_if(told_, [&](const auto& entry) { return !ids.contains(entry.first); });
    for (const std::string& id : ids) {
        auto looking = look_at(id, watched.tasks.contains(id), resources.contains(id));
        co_await std::move(looking);
    }
}

Task<void> ChangeWatch::run(async::CancelToken cancel) {
    const auto executor = co_await asio::this_coro::executor;
    const store::ChangeBoard& board = gateway_.store().changes();
    approval::Ticker ticker(executor, cancel);
    while (!cancel.cancelled()) {
        const auto seen = board.version(store::Topic::approvals);
        auto looking = look();
        co_await std::move(looking);
        auto waiting = ticker.wait(kTick, kIdle, [&board, seen] {
            return board.version(store::Topic::approvals) != seen;
        });
        co_await std::move(waiting);
    }
}

}  // namespace kimbap::app
