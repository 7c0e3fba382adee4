#include "mcp/change_hub.hpp"

#include <algorithm>

namespace kimbap::mcp {

std::string_view list_changed_method(ListKind kind) noexcept {
    switch (kind) {
        case ListKind::tools:
            return "notifications/tools/list_changed";
        case ListKind::prompts:
            return "notifications/prompts/list_changed";
        case ListKind::resources:
            break;
    }
    return "notifications/resources/list_changed";
}

void ChangeHub::add(const std::shared_ptr<ChangeListener>& listener) {
    const std::lock_guard lock(mutex_);
    listeners_.insert_or_assign(listener.get(), listener);
    if (listeners_.size() < purge_at_) return;
    // Expired sessions leave without a word.
    std::erase_if(listeners_, [](const auto& entry) { return entry.second.expired(); });
    purge_at_ = std::max<std::size_t>(64, 2 * listeners_.size());
}

void ChangeHub::remove(const ChangeListener& listener) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(&listener);
}

std::vector<std::shared_ptr<ChangeListener>> ChangeHub::listeners() const {
    std::vector<std::shared_ptr<ChangeListener>> alive;
    const std::lock_guard lock(mutex_);
    alive.reserve(listeners_.size());
    for (const auto& [key, weak] : listeners_) {
        if (auto listener = weak.lock()) alive.push_back(std::move(listener));
    }
    return alive;
}

void ChangeHub::list_changed(ListKind kind) {
    for (const auto& listener : listeners()) listener->on_list_changed(kind);
}

void ChangeHub::resource_updated(std::string_view uri) {
    for (const auto& listener : listeners()) listener->on_resource_updated(uri);
}

void ChangeHub::task_changed(const TaskState& task) {
    for (const auto& listener : listeners()) listener->on_task_changed(task);
}

Watched ChangeHub::watched() const {
    Watched all;
    for (const auto& listener : listeners()) listener->add_watched(all);
    return all;
}

void ChangeHub::drain() {
    for (const auto& listener : listeners()) listener->on_drain();
}

}  // namespace kimbap::mcp
