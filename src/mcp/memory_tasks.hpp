#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mcp/providers.hpp"

namespace kimbap::mcp {

class Wakeup;

/// Tasks kept in this process: they end with it. For servers whose calls need not survive a
/// restart; others implement TaskProvider over their own store. Any thread.
class MemoryTasks final : public TaskProvider {
public:
    struct Options {
        std::chrono::milliseconds ttl{std::chrono::hours(1)};  ///< From creation.
        std::chrono::milliseconds poll_interval{500};
        std::size_t max_tasks = 10'000;
    };
    /// Called on every change, on any thread: pass it to Server::task_changed.
    using Changed = std::function<void(const TaskState&)>;

    explicit MemoryTasks(Options options, Changed changed = {});
    ~MemoryTasks() override;

    class Run;
    using WorkOutcome = std::variant<ToolResult, ProtocolError>;
    using Work = std::function<Task<WorkOutcome>(std::shared_ptr<Run>)>;

    /// Starts `work` as a task of the context's principal, on the calling coroutine's thread. Its
    /// state is readable by the time this returns. Error: Options::max_tasks is reached.
    Task<ToolOutcome> start(RequestContext& context, Work work);

    Task<TaskOutcome> get(RequestContext& context, std::string id) override;
    Task<std::variant<TaskPage, ProtocolError>> list(RequestContext& context,
                                                     ListRequest request) override;
    Task<std::optional<ProtocolError>> update(RequestContext& context, std::string id,
                                              json::object responses) override;
    Task<std::optional<ProtocolError>> cancel(RequestContext& context, std::string id) override;

private:
    struct Store;
    std::shared_ptr<Store> store_;
};

/// A task as its own work sees it. The work's thread only.
class MemoryTasks::Run {
public:
    /// Waits; false as soon as the task is cancelled.
    Task<bool> pause(std::chrono::milliseconds duration);
    /// Asks the client, and waits for every answer, by key; nullopt once the task is cancelled.
    Task<std::optional<json::object>> ask(std::vector<InputRequired::Request> requests);
    [[nodiscard]] bool cancelled() const;

private:
    friend class MemoryTasks;
    Run(std::shared_ptr<Store> store, std::string id, std::shared_ptr<Wakeup> wakeup);

    std::shared_ptr<Store> store_;
    std::string id_;
    std::shared_ptr<Wakeup> wakeup_;
};

}  // namespace kimbap::mcp
