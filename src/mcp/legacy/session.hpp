#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "mcp/change_hub.hpp"
#include "mcp/context.hpp"
#include "mcp/legacy/questions.hpp"
#include "mcp/options.hpp"
#include "mcp/outbox.hpp"
#include "mcp/revision.hpp"
#include "mcp/running_calls.hpp"

namespace kimbap::mcp::legacy {

/// What initialize settled.
struct Agreement {
    Revision revision = kLatestLegacy;
    std::shared_ptr<const ClientProfile> client;
};

/// The state that revisions up to 2025-11-25 keep between a client's requests. Any thread: one
/// small mutex, never held while anything waits.
class Session final : public ChangeListener {
public:
    /// What draining does to the session's own stream.
    enum class OnDrain {
        end,              ///< It carries no answers.
        end_after_calls,  ///< It carries those of the session's requests.
        leave,            ///< It carries others' too: its transport ends it.
    };
    /// `outbox` takes the messages that belong to no request: the client's GET or SSE stream, or
    /// standard output.
    Session(std::string id, PrincipalPtr principal, std::shared_ptr<Outbox> outbox,
            const Limits& limits, LogLevel log_level, OnDrain on_drain);

    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    [[nodiscard]] const PrincipalPtr& principal() const noexcept { return principal_; }
    [[nodiscard]] const std::shared_ptr<Outbox>& outbox() const noexcept { return outbox_; }
    [[nodiscard]] Questions& questions() noexcept { return questions_; }

    /// False where the client had initialized before.
    bool establish(Agreement agreement);
    [[nodiscard]] std::optional<Agreement> agreement() const;
    [[nodiscard]] LogLevel log_level() const noexcept { return log_level_; }
    void set_log_level(LogLevel level) noexcept { log_level_ = level; }

    enum class Admission { admitted, duplicate, too_many, closed };
    /// Enters a request, so that notifications/cancelled finds it.
    Admission begin_call(const std::string& id, RunningCall::Handle handle);
    void end_call(const std::string& id);
    void cancel_call(const std::string& id);

    /// False where Limits::max_subscriptions is reached.
    bool subscribe(std::string uri);
    void unsubscribe(std::string_view uri);
    /// From now on the client is told how this task of its own stands, until the task has ended.
    /// Past Limits::max_subscriptions it is not: it has to ask anyway.
    void watch_task(const std::string& id);

    /// Keeps a request's stream for a client that lost its connection; its number, from 1. The
    /// oldest is forgotten beyond Limits::max_stored_streams.
    std::uint64_t keep_stream(std::shared_ptr<Outbox> stream);
    [[nodiscard]] std::shared_ptr<Outbox> stream(std::uint64_t number) const;

    /// Cancels what runs, ends every stream. Idempotent.
    void close();
    [[nodiscard]] bool closed() const;

    void touch() noexcept;
    /// Without a request running, and untouched for `idle`.
    [[nodiscard]] bool expired(std::chrono::seconds idle) const;

    void on_list_changed(ListKind kind) override;
    void on_resource_updated(std::string_view uri) override;
    void on_task_changed(const TaskState& task) override;
    void add_watched(Watched& all) const override;
    void on_drain() override;

private:
    [[nodiscard]] bool established() const;

    const std::string id_;
    const PrincipalPtr principal_;
    const std::shared_ptr<Outbox> outbox_;
    const Limits& limits_;
    const OnDrain drain_behaviour_;
    Questions questions_;
    std::atomic<LogLevel> log_level_;
    std::atomic<std::int64_t> last_used_{0};  ///< Milliseconds of the steady clock.

    mutable std::mutex mutex_;
    std::optional<Agreement> agreement_;
    std::map<std::string, RunningCall::Handle> calls_;
    std::set<std::string, std::less<>> subscriptions_;
    std::set<std::string, std::less<>> tasks_;
    std::map<std::uint64_t, std::shared_ptr<Outbox>> streams_;
    std::uint64_t next_stream_ = 1;
    bool closed_ = false;
    bool draining_ = false;
};

}  // namespace kimbap::mcp::legacy
