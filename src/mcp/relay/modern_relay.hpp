#pragma once

#include <map>
#include <memory>
#include <string>

#include "mcp/relay/wire.hpp"

namespace kimbap::mcp::relay {

/// The half of a relay for revision 2026-07-28: every request is an HTTP request of its own; there
/// is nothing to keep but what runs. One thread.
class ModernRelay {
public:
    explicit ModernRelay(Wire& wire) : wire_(wire) {}

    /// Serves a request to its answer. subscriptions/listen survives the server's restarts.
    Task<void> serve(ClientLine line);
    /// Cancels a request by closing its HTTP request; false where it is none that runs here.
    bool cancel(const std::string& id);
    void cancel_subscriptions();
    void cancel_all();
    [[nodiscard]] bool running(const std::string& id) const { return running_.contains(id); }

private:
    struct Running {
        async::CancelSource cancel;
        bool subscription = false;
    };
    Task<void> call(const ClientLine& line, async::CancelToken cancel);
    Task<void> listen(const ClientLine& line, async::CancelToken cancel);

    Wire& wire_;
    std::map<std::string, Running> running_;
};

}  // namespace kimbap::mcp::relay
