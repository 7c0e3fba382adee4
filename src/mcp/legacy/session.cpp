#include "mcp/legacy/session.hpp"

#include <utility>

#include "mcp/jsonrpc.hpp"
#include "mcp/legacy/tasks.hpp"
#include "mcp/result_json.hpp"

namespace kimbap::mcp::legacy {
namespace {

std::int64_t steady_millis() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Session::Session(std::string id, PrincipalPtr principal, std::shared_ptr<Outbox> outbox,
                 const Limits& limits, LogLevel log_level, OnDrain on_drain)
    : id_(std::move(id)),
      principal_(std::move(principal)),
      outbox_(std::move(outbox)),
      limits_(limits),
      drain_behaviour_(on_drain),
      log_level_(log_level) {
    touch();
}

bool Session::establish(Agreement agreement) {
    const std::lock_guard lock(mutex_);
    if (agreement_) return false;
    agreement_ = std::move(agreement);
    return true;
}

std::optional<Agreement> Session::agreement() const {
    const std::lock_guard lock(mutex_);
    return agreement_;
}

bool Session::established() const {
    const std::lock_guard lock(mutex_);
    return agreement_.has_value() && !closed_;
}

Session::Admission Session::begin_call(const std::string& id, RunningCall::Handle handle) {
    const std::lock_guard lock(mutex_);
    if (closed_) return Admission::closed;
    if (calls_.contains(id)) return Admission::duplicate;
    if (calls_.size() >= limits_.max_pending_requests) return Admission::too_many;
    calls_.emplace(id, std::move(handle));
    return Admission::admitted;
}

void Session::end_call(const std::string& id) {
    const std::lock_guard lock(mutex_);
    calls_.erase(id);
    const bool last = draining_ && calls_.empty();
    if (last && drain_behaviour_ == OnDrain::end_after_calls) outbox_->finish();
}

void Session::cancel_call(const std::string& id) {
    const std::lock_guard lock(mutex_);
    if (const auto found = calls_.find(id); found != calls_.end()) found->second.cancel();
}

bool Session::subscribe(std::string uri) {
    const std::lock_guard lock(mutex_);
    if (subscriptions_.contains(uri)) return true;
    if (subscriptions_.size() >= limits_.max_subscriptions) return false;
    subscriptions_.insert(std::move(uri));
    return true;
}

void Session::watch_task(const std::string& id) {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() < limits_.max_subscriptions) tasks_.insert(id);
}

void Session::unsubscribe(std::string_view uri) {
    const std::lock_guard lock(mutex_);
    if (const auto found = subscriptions_.find(uri); found != subscriptions_.end()) {
        subscriptions_.erase(found);
    }
}

std::uint64_t Session::keep_stream(std::shared_ptr<Outbox> stream) {
    const std::lock_guard lock(mutex_);
    const auto number = next_stream_++;
    if (closed_) stream->finish();
    streams_.emplace(number, std::move(stream));
    while (streams_.size() > limits_.max_stored_streams) streams_.erase(streams_.begin());
    return number;
}

std::shared_ptr<Outbox> Session::stream(std::uint64_t number) const {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(number);
    return found == streams_.end() ? nullptr : found->second;
}

void Session::close() {
    std::map<std::string, RunningCall::Handle> calls;
    std::map<std::uint64_t, std::shared_ptr<Outbox>> streams;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(closed_, true)) return;
        calls.swap(calls_);
        streams.swap(streams_);
    }
    for (auto& [id, call] : calls) call.cancel();
    questions_.close();
    for (auto& [number, stream] : streams) stream->finish();
    outbox_->finish();
}

bool Session::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

void Session::touch() noexcept {
    last_used_ = steady_millis();
}

bool Session::expired(std::chrono::seconds idle) const {
    if (steady_millis() - last_used_ < std::chrono::milliseconds(idle).count()) return false;
    const std::lock_guard lock(mutex_);
    return calls_.empty();
}

void Session::on_list_changed(ListKind kind) {
    if (!established()) return;
    outbox_->push(notification(list_changed_method(kind), {}), Outbox::Kind::droppable);
}

void Session::on_resource_updated(std::string_view uri) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_ || !subscriptions_.contains(uri)) return;
    }
    std::string params = "{";
    append_member(params, "uri", uri);
    params += '}';
    outbox_->push(notification("notifications/resources/updated", params), Outbox::Kind::droppable);
}

void Session::on_task_changed(const TaskState& task) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = tasks_.find(task.id);
        if (closed_ || found == tasks_.end()) return;
        if (ended(task.status)) tasks_.erase(found);
    }
    std::string params;
    append_task_members(params, task);
    outbox_->push(notification("notifications/tasks/status", '{' + params + '}'),
                  Outbox::Kind::droppable);
}

void Session::add_watched(Watched& all) const {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    all.tasks.insert(tasks_.begin(), tasks_.end());
    all.uris.insert(subscriptions_.begin(), subscriptions_.end());
}

void Session::on_drain() {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    const bool now = drain_behaviour_ == OnDrain::end ||
                     (drain_behaviour_ == OnDrain::end_after_calls && calls_.empty());
    if (now) outbox_->finish();
}

}  // namespace kimbap::mcp::legacy
