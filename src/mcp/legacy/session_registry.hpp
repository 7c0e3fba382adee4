#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mcp/legacy/session.hpp"
#include "mcp/options.hpp"

namespace kimbap::mcp::legacy {

/// The open legacy sessions of HTTP clients, by identifier. Any thread; sharded, so that threads
/// don't meet at one lock. Expired sessions are swept as new ones come.
class SessionRegistry {
public:
    /// `limits` outlives the registry.
    explicit SessionRegistry(const Limits& limits) : limits_(limits) {}
    ~SessionRegistry();

    /// A new session with an unguessable identifier; null where Limits::max_sessions is reached.
    [[nodiscard]] std::shared_ptr<Session> create(PrincipalPtr principal,
                                                  std::shared_ptr<Outbox> outbox,
                                                  LogLevel log_level, Session::OnDrain on_drain);
    /// The session if it is this principal's; null otherwise, as if it did not exist, so that a
    /// stolen identifier is worth nothing and tells nothing.
    [[nodiscard]] std::shared_ptr<Session> find(std::string_view id, const Principal& principal);
    /// Removes and closes it.
    void remove(const Session& session);
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Closes all: the server stops.
    void close_all();

private:
    static constexpr std::size_t kShards = 16;
    struct alignas(64) Shard {
        std::mutex mutex;
        std::unordered_map<std::string, std::shared_ptr<Session>> sessions;
    };
    [[nodiscard]] Shard& shard_of(std::string_view id);
    void sweep(Shard& shard);

    const Limits& limits_;
    std::array<Shard, kShards> shards_;
    std::atomic<std::size_t> size_{0};
    std::atomic<std::size_t> next_sweep_{0};
};

}  // namespace kimbap::mcp::legacy
