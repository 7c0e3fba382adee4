#pragma once

#include <memory>

#include "async/task.hpp"
#include "mcp/context.hpp"

namespace kimbap::mcp {

class Server;

/// Serves MCP to one client over a pair of file descriptors, one message a line, both eras.
class StdioTransport {
public:
    /// Every request is `principal`'s. The descriptors stay the caller's: they are set non-blocking
    /// while run() runs and restored after it.
    StdioTransport(Server& server, PrincipalPtr principal, int in_fd = 0, int out_fd = 1);
    ~StdioTransport();

    /// Serves until the input ends or the server drains, then finishes what runs and returns.
    Task<void> run();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace kimbap::mcp
