#include "mcp/memory_tasks.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/clock.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "mcp/wakeup.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::size_t kIdBytes = 24;

ProtocolError unknown_task() {
    return invalid_params("Unknown task, or one that has expired");
}

}  // namespace

struct MemoryTasks::Store {
    struct Entry {
        std::string principal;
        std::chrono::steady_clock::time_point expires;
        TaskState state;
        json::object answers;
        std::weak_ptr<Wakeup> wakeup;
    };

    Options options;
    Changed changed;
    std::mutex mutex;
    std::map<std::string, Entry> entries;

    /// Applies `change` to the entry if it is there and has not ended, stamps it and tells.
    template <class F>
    bool edit(const std::string& id, F&& change) {
        TaskState copy;
        {
            const std::lock_guard lock(mutex);
            const auto found = entries.find(id);
            if (found == entries.end() || ended(found->second.state.status)) return false;
            change(found->second);
            found->second.state.updated_at = format_time(SystemClock().now());
            copy = found->second.state;
        }
        if (changed) changed(copy);
        return true;
    }

    /// The entry if it is this principal's. Under the mutex.
    Entry* find(const RequestContext& context, const std::string& id) {
        const auto found = entries.find(id);
        if (found == entries.end()) return nullptr;
        return found->second.principal == context.principal()->key() ? &found->second : nullptr;
    }

    /// Under the mutex.
    void sweep() {
        const auto now = std::chrono::steady_clock::now();
        std::erase_if(entries, [&](const auto& entry) { return entry.second.expires <= now; });
    }

    void finish(const std::string& id, WorkOutcome outcome) {
        edit(id, [&](Entry& entry) {
            auto& state = entry.state;
            state.input_requests.clear();
            if (auto* result = std::get_if<ToolResult>(&outcome)) {
                state.status = TaskStatus::completed;
                state.result = std::move(*result);
            } else {
                state.status = TaskStatus::failed;
                state.error = std::move(std::get<ProtocolError>(outcome));
                state.status_message = state.error->message;
            }
        });
    }
};

MemoryTasks::MemoryTasks(Options options, Changed changed) : store_(std::make_shared<Store>()) {
    store_->options = options;
    store_->changed = std::move(changed);
}

MemoryTasks::~MemoryTasks() = default;

Task<ToolOutcome> MemoryTasks::start(RequestContext& context, Work work) {
    auto executor = co_await asio::this_coro::executor;
    const auto id = base64url_encode(random_bytes(kIdBytes));
    const auto wakeup = std::make_shared<Wakeup>(executor);
    TaskState state;
    state.id = id;
    state.created_at = state.updated_at = format_time(SystemClock().now());
    state.ttl = store_->options.ttl;
    state.poll_interval = store_->options.poll_interval;
    {
        const std::lock_guard lock(store_->mutex);
        store_->sweep();
        if (store_->entries.size() >= store_->options.max_tasks) {
            co_return ProtocolError{code::kTooManyRequests,
                                    "As many tasks exist as the server keeps; try again later",
                                    {}};
        }
        store_->entries.emplace(id,
                                Store::Entry{context.principal()->key(),
                                             std::chrono::steady_clock::now() + store_->options.ttl,
                                             state,
                                             {},
                                             wakeup});
    }
    std::shared_ptr<Run> run(new Run(store_, id, wakeup));
    auto running = [](std::shared_ptr<Run> task, Work what) -> Task<void> {
        auto working = what(task);
        auto outcome = co_await std::move(working);
        task->store_->finish(task->id_, std::move(outcome));
    }(std::move(run), std::move(work));
    asio::co_spawn(executor, std::move(running), [store = store_, id](std::exception_ptr failure) {
        if (!failure) return;
        log::error("A task failed with an exception");
        store->finish(id, ProtocolError{code::kInternalError, "Internal error", {}});
    });
    co_return state;
}

Task<TaskOutcome> MemoryTasks::get(RequestContext& context, std::string id) {
    const std::lock_guard lock(store_->mutex);
    store_->sweep();
    const auto* entry = store_->find(context, id);
    if (!entry) co_return unknown_task();
    co_return entry->state;
}

Task<std::variant<TaskPage, ProtocolError>> MemoryTasks::list(RequestContext& context,
                                                              ListRequest request) {
    TaskPage page;
    const std::lock_guard lock(store_->mutex);
    store_->sweep();
    for (auto at = store_->entries.upper_bound(request.cursor); at != store_->entries.end(); ++at) {
        if (at->second.principal != context.principal()->key()) continue;
        if (page.tasks.size() == request.page_size) {
            page.next_cursor = page.tasks.back().id;
            break;
        }
        page.tasks.push_back(at->second.state);
    }
    co_return page;
}

Task<std::optional<ProtocolError>> MemoryTasks::update(RequestContext& context, std::string id,
                                                       json::object responses) {
    {
        const std::lock_guard lock(store_->mutex);
        if (!store_->find(context, id)) co_return unknown_task();
    }
    store_->edit(id, [&](Store::Entry& entry) {
        auto& open = entry.state.input_requests;
        for (auto& response : responses) {
            const auto asked = std::find_if(open.begin(), open.end(), [&](const auto& request) {
                return request.key == std::string_view(response.key());
            });
            if (asked == open.end()) continue;
            entry.answers[response.key()] = std::move(response.value());
            open.erase(asked);
        }
        if (!open.empty()) return;
        entry.state.status = TaskStatus::working;
        if (const auto wakeup = entry.wakeup.lock()) wakeup->notify();
    });
    co_return std::nullopt;
}

Task<std::optional<ProtocolError>> MemoryTasks::cancel(RequestContext& context, std::string id) {
    {
        const std::lock_guard lock(store_->mutex);
        if (!store_->find(context, id)) co_return unknown_task();
    }
    store_->edit(id, [](Store::Entry& entry) {
        entry.state.status = TaskStatus::cancelled;
        entry.state.input_requests.clear();
        if (const auto wakeup = entry.wakeup.lock()) wakeup->notify();
    });
    co_return std::nullopt;
}

MemoryTasks::Run::Run(std::shared_ptr<Store> store, std::string id, std::shared_ptr<Wakeup> wakeup)
    : store_(std::move(store)), id_(std::move(id)), wakeup_(std::move(wakeup)) {}

bool MemoryTasks::Run::cancelled() const {
    const std::lock_guard lock(store_->mutex);
    const auto found = store_->entries.find(id_);
    return found == store_->entries.end() || ended(found->second.state.status);
}

Task<bool> MemoryTasks::Run::pause(std::chrono::milliseconds duration) {
    const auto deadline = std::chrono::steady_clock::now() + duration;
    while (!cancelled()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) co_return true;
        auto waiting = wakeup_->wait(left);
        co_await std::move(waiting);
    }
    co_return false;
}

Task<std::optional<json::object>> MemoryTasks::Run::ask(
    std::vector<InputRequired::Request> requests) {
    store_->edit(id_, [&](Store::Entry& entry) {
        entry.state.status = TaskStatus::input_required;
        entry.state.input_requests = std::move(requests);
        entry.answers.clear();
    });
    for (;;) {
        {
            const std::lock_guard lock(store_->mutex);
            const auto found = store_->entries.find(id_);
            if (found == store_->entries.end()) co_return std::nullopt;
            auto& entry = found->second;
            if (ended(entry.state.status)) co_return std::nullopt;
            if (entry.state.status == TaskStatus::working) co_return std::move(entry.answers);
        }
        auto waiting = wakeup_->wait(store_->options.ttl);
        co_await std::move(waiting);
    }
}

}  // namespace kimbap::mcp
