#include "mcp/providers.hpp"

#include <boost/asio/this_coro.hpp>

#include "mcp/wakeup.hpp"

namespace kimbap::mcp {

namespace {

constexpr std::chrono::milliseconds kLookAgain{200};

}  // namespace

Task<TaskOutcome> TaskProvider::wait(RequestContext& context, std::string id) {
    auto executor = co_await asio::this_coro::executor;
    const auto pause = std::make_shared<Wakeup>(std::move(executor));
    const auto registration = context.cancel_token().on_cancel([pause] { pause->notify(); });
    for (;;) {
        auto looking = get(context, id);
        auto found = co_await std::move(looking);
        const auto* task = std::get_if<TaskState>(&found);
        if (!task || context.cancelled() || task->status != TaskStatus::working) co_return found;
        auto waiting = pause->wait(kLookAgain);
        co_await std::move(waiting);
    }
}

Task<std::optional<ProtocolError>> ResourceProvider::subscribe(RequestContext&, std::string uri) {
    co_return resource_not_found(uri);
}

}  // namespace kimbap::mcp
