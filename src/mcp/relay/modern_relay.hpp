#pragma once

#include <map>
#include <memory>
#include <string>

#include "mcp/providers.hpp"
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
    [[nodiscard]] Link::Request request_of(const ClientLine& line, async::CancelToken cancel) const;
    /// Reads in the server's list which arguments of which tools it wants in headers; false where
    /// it gives none.
    Task<bool> learn_headers(const ClientLine& call, async::CancelToken cancel);
    Task<void> call(const ClientLine& line, async::CancelToken cancel);
    Task<void> listen(const ClientLine& line, async::CancelToken cancel);

    Wire& wire_;
    std::map<std::string, Running> running_;
    /// The arguments that headers repeat (x-mcp-header), by tool. Clients on stdio needn't know of
    /// them, so that the relay looks them up once the server asks for one.
    std::map<std::string, HeaderParams, std::less<>> mirrored_;
};

}  // namespace kimbap::mcp::relay
