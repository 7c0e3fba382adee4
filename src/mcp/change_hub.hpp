#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mcp/types.hpp"

namespace kimbap::mcp {

enum class ListKind { tools, prompts, resources };
/// "notifications/tools/list_changed" and its like.
[[nodiscard]] std::string_view list_changed_method(ListKind kind) noexcept;

/// What listeners asked to hear of by name.
struct Watched {
    std::set<std::string, std::less<>> tasks = {};
    std::set<std::string, std::less<>> uris = {};
};

/// Someone who wants to hear of changes: a legacy session, a modern subscription. Called on any
/// thread; must not block and not call back into the hub.
class ChangeListener {
public:
    virtual ~ChangeListener() = default;
    virtual void on_list_changed(ListKind kind) = 0;
    virtual void on_resource_updated(std::string_view uri) = 0;
    virtual void on_task_changed(const TaskState&) {}
    /// Adds what it listens to by name.
    virtual void add_watched(Watched&) const {}
    /// The server drains: end the stream.
    virtual void on_drain() = 0;
};

/// Who listens. Any thread.
class ChangeHub {
public:
    void add(const std::shared_ptr<ChangeListener>& listener);
    void remove(const ChangeListener& listener);

    void list_changed(ListKind kind);
    void resource_updated(std::string_view uri);
    void task_changed(const TaskState& task);
    void drain();
    [[nodiscard]] Watched watched() const;

private:
    [[nodiscard]] std::vector<std::shared_ptr<ChangeListener>> listeners() const;

    mutable std::mutex mutex_;
    std::unordered_map<const ChangeListener*, std::weak_ptr<ChangeListener>> listeners_;
    std::size_t purge_at_ = 64;  ///< Size at which dead entries are looked for.
};

}  // namespace kimbap::mcp
