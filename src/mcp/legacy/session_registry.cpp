#include "mcp/legacy/session_registry.hpp"

#include <functional>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "base/ids.hpp"

namespace kimbap::mcp::legacy {
namespace {

/// 192 random bits: no timestamp, nothing to guess.
constexpr std::size_t kIdBytes = 24;

}  // namespace

SessionRegistry::~SessionRegistry() {
    close_all();
}

SessionRegistry::Shard& SessionRegistry::shard_of(std::string_view id) {
    return shards_[std::hash<std::string_view>{}(id) % kShards];
}

void SessionRegistry::sweep(Shard& shard) {
    std::vector<std::shared_ptr<Session>> expired;
    {
        const std::lock_guard lock(shard.mutex);
        for (auto it = shard.sessions.begin(); it != shard.sessions.end();) {
            if (it->second->expired(limits_.session_idle)) {
                expired.push_back(std::move(it->second));
                it = shard.sessions.erase(it);
                --size_;
            } else {
                ++it;
            }
        }
    }
    for (const auto& session : expired) session->close();
}

std::shared_ptr<Session> SessionRegistry::create(PrincipalPtr principal,
                                                 std::shared_ptr<Outbox> outbox, LogLevel log_level,
                                                 Session::OnDrain on_drain) {
    sweep(shards_[next_sweep_.fetch_add(1) % kShards]);
    if (size_ >= limits_.max_sessions) {
        for (auto& shard : shards_) sweep(shard);
    }
    if (size_.fetch_add(1) >= limits_.max_sessions) {
        --size_;
        return nullptr;
    }
    auto id = base64url_encode(random_bytes(kIdBytes));
    auto session = std::make_shared<Session>(id, std::move(principal), std::move(outbox), limits_,
                                             log_level, on_drain);
    auto& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    shard.sessions.emplace(std::move(id), session);
    return session;
}

std::shared_ptr<Session> SessionRegistry::find(std::string_view id, const Principal& principal) {
    auto& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.sessions.find(std::string(id));
    if (found == shard.sessions.end()) return nullptr;
    if (found->second->principal()->key() != principal.key()) return nullptr;
    found->second->touch();
    return found->second;
}

void SessionRegistry::remove(const Session& session) {
    auto& shard = shard_of(session.id());
    std::shared_ptr<Session> removed;
    {
        const std::lock_guard lock(shard.mutex);
        const auto found = shard.sessions.find(session.id());
        if (found == shard.sessions.end()) return;
        removed = std::move(found->second);
        shard.sessions.erase(found);
        --size_;
    }
    removed->close();
}

void SessionRegistry::close_all() {
    for (auto& shard : shards_) {
        std::unordered_map<std::string, std::shared_ptr<Session>> sessions;
        {
            const std::lock_guard lock(shard.mutex);
            sessions.swap(shard.sessions);
            size_ -= sessions.size();
        }
        for (auto& [id, session] : sessions) session->close();
    }
}

}  // namespace kimbap::mcp::legacy
