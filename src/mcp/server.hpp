#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "async/task.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/options.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp {

class ServerCore;

/// An MCP server without its transports: what it offers, who listens for changes, and whether it
/// drains. Any number of HttpTransport and StdioTransport share one. All members may be called from
/// any thread.
class Server {
public:
    Server(ServerOptions options, Providers providers);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Tell every client that listens: list_changed notifications.
    void tools_changed();
    void prompts_changed();
    void resources_changed();
    /// Tells those who subscribed to `uri` that it changed.
    void resource_updated(std::string_view uri);
    /// Tells those who watch the task (notifications/tasks).
    void task_changed(const TaskState& task);
    /// The tasks and resources that somebody listens to: whose changes are worth noticing.
    [[nodiscard]] Watched watched() const;

    /// From now on new requests are refused with code::kDraining (HTTP 503), listening streams end,
    /// running requests finish.
    void drain();
    [[nodiscard]] bool draining() const noexcept;
    /// Waits until no request runs, `limit` at most; whether none runs. Call after drain().
    Task<bool> idle(std::chrono::milliseconds limit);
    /// Cancels what still runs.
    void cancel_all();
    [[nodiscard]] std::size_t running_requests() const noexcept;
    [[nodiscard]] std::size_t sessions() const noexcept;

    /// For the transports.
    [[nodiscard]] const std::shared_ptr<ServerCore>& core() const noexcept { return core_; }

private:
    std::shared_ptr<ServerCore> core_;
};

}  // namespace kimbap::mcp
