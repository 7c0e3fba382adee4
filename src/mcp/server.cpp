#include "mcp/server.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/server_core.hpp"
#include "mcp/wakeup.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::chrono::milliseconds kIdlePoll{10};

ServerOptions bounded(ServerOptions options) {
    options.keepalive = std::min<std::chrono::milliseconds>(options.keepalive, kMaxKeepalive);
    options.page_size = std::max<std::size_t>(options.page_size, 1);
    return options;
}

}  // namespace

Server::Server(ServerOptions options, Providers providers)
    : core_(std::make_shared<ServerCore>(bounded(std::move(options)), providers)) {}

Server::~Server() = default;

void Server::tools_changed() {
    core_->changes.list_changed(ListKind::tools);
}
void Server::prompts_changed() {
    core_->changes.list_changed(ListKind::prompts);
}
void Server::resources_changed() {
    core_->changes.list_changed(ListKind::resources);
}
void Server::resource_updated(std::string_view uri) {
    core_->changes.resource_updated(uri);
}
void Server::task_changed(const TaskState& task) {
    core_->changes.task_changed(task);
}

Watched Server::watched() const {
    return core_->changes.watched();
}

void Server::drain() {
    core_->draining = true;
    core_->changes.drain();
}

bool Server::draining() const noexcept {
    return core_->draining;
}

Task<bool> Server::idle(std::chrono::milliseconds limit) {
    const auto core = core_;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    auto executor = co_await asio::this_coro::executor;
    const auto pause = std::make_shared<Wakeup>(std::move(executor));
    while (core->running.count() > 0) {
        if (std::chrono::steady_clock::now() >= deadline) co_return false;
        auto waiting = pause->wait(kIdlePoll);
        co_await std::move(waiting);
    }
    co_return true;
}

void Server::cancel_all() {
    core_->running.cancel_all();
}

std::size_t Server::running_requests() const noexcept {
    return core_->running.count();
}
std::size_t Server::sessions() const noexcept {
    return core_->sessions.size();
}

}  // namespace kimbap::mcp
