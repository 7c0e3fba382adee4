#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "mcp/change_hub.hpp"
#include "mcp/dispatcher.hpp"
#include "mcp/legacy/session_registry.hpp"
#include "mcp/modern/response.hpp"
#include "mcp/options.hpp"
#include "mcp/running_calls.hpp"

namespace kimbap::mcp {

/// What the transports of one server share. Any thread.
class ServerCore {
public:
    ServerCore(ServerOptions server_options, Providers server_providers)
        : options(std::move(server_options)),
          providers(server_providers),
          dispatcher(options, providers),
          modern_writer(options, providers),
          sessions(options.limits) {}

    const ServerOptions options;
    const Providers providers;
    const Dispatcher dispatcher;
    const modern::ResponseWriter modern_writer;

    ChangeHub changes;
    RunningCalls running;
    legacy::SessionRegistry sessions;
    std::atomic<bool> draining{false};
    std::atomic<std::size_t> streams{0};  ///< Open listening streams.

    [[nodiscard]] ProtocolError draining_error() const {
        return {code::kDraining, "The server is shutting down; connect again later", {}};
    }
    [[nodiscard]] Outbox::Bounds stream_bounds(std::size_t retained) const {
        return {options.limits.max_stream_messages, options.limits.max_stream_bytes, retained};
    }
};

/// One of Limits::max_streams, given back when it dies.
class StreamSlot {
public:
    explicit StreamSlot(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {
        taken_ = core_->streams.fetch_add(1) < core_->options.limits.max_streams;
    }
    ~StreamSlot() { core_->streams.fetch_sub(1); }
    StreamSlot(const StreamSlot&) = delete;
    StreamSlot& operator=(const StreamSlot&) = delete;
    [[nodiscard]] bool taken() const noexcept { return taken_; }

private:
    std::shared_ptr<ServerCore> core_;
    bool taken_ = false;
};

}  // namespace kimbap::mcp
