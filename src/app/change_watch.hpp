#pragma once

#include <map>
#include <string>

#include "app/gateway_tasks.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "mcp/server.hpp"

namespace kimbap::app {

/// Tells who listens, by task or by kimbap://approvals/{id}, how suspended calls stand, whichever
/// process of the data directory changed them. Looks only at what somebody listens to, and only
/// when the change board says that something changed.
class ChangeWatch {
public:
    /// All outlive run().
    ChangeWatch(Gateway& gateway, GatewayTasks& tasks, mcp::Server& server)
        : gateway_(gateway), tasks_(tasks), server_(server) {}

    /// Until cancelled. On one I/O thread.
    Task<void> run(async::CancelToken cancel);

private:
    Task<void> look();
    Task<void> look_at(std::string id, bool as_task, bool as_resource);

    Gateway& gateway_;
    GatewayTasks& tasks_;
    mcp::Server& server_;
    std::map<std::string, std::string> told_;  ///< How each stood when it was last told.
};

}  // namespace kimbap::app
