#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "unit/net/support/raw_peer.hpp"

namespace kimbap::net::test {

/// A server on 127.0.0.1 that plays a script on each connection, as badly behaved as a test wants.
class ScriptedUpstream {
public:
    /// Runs on a thread of the connection's own; the connection closes at its end. `nth` counts
    /// connections from 0. A script ends by itself once the client is gone.
    using Script = std::function<void(RawPeer& peer, int nth)>;

    explicit ScriptedUpstream(Script script);
    /// Answers every request of every connection with `answer`.
    explicit ScriptedUpstream(std::string answer);
    /// Waits for the scripts.
    ~ScriptedUpstream();
    ScriptedUpstream(const ScriptedUpstream&) = delete;
    ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] int connections() const { return connections_; }
    /// Heads and bodies of the requests that the fixed answer was given to, each in one string.
    [[nodiscard]] std::vector<std::string> requests() const;

private:
    void accept_loop();

    Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::vector<std::thread> scripts_;
    std::thread acceptor_;
};

}  // namespace kimbap::net::test
