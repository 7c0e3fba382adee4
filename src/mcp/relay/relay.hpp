#pragma once

#include <memory>

#include "async/task.hpp"
#include "base/secret.hpp"
#include "mcp/relay/target.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::mcp::relay {

/// MCP over stdio for a client, over Streamable HTTP to a server: messages pass as they are, in
/// both eras, and nothing is decided here. The process beside the agent so holds a bearer token and
/// no vault, no policy and no secret of any service.
///
/// The server may go away and come back: a request that was running then fails with an error that
/// says so, and the next one finds the server again, by a new session where there was one.
class Relay {
public:
    /// `http` outlives the relay. An empty `bearer` sends none. The descriptors stay the caller's.
    Relay(net::HttpClient& http, Target target, Secret bearer, int in_fd = 0, int out_fd = 1);
    ~Relay();

    /// Serves until the input ends or stop(), then lets what runs finish within 10 s.
    Task<void> run();
    /// The relay's own thread.
    void stop();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace kimbap::mcp::relay
