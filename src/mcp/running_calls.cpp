#include "mcp/running_calls.hpp"

#include <boost/asio/post.hpp>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace kimbap::mcp {

RunningCall::RunningCall(RunningCalls& calls, asio::any_io_executor executor)
    : executor_(std::move(executor)), calls_(calls) {
    shard_ = std::hash<std::thread::id>{}(std::this_thread::get_id()) % RunningCalls::kShards;
    auto& shard = calls_.shards_[shard_];
    const std::lock_guard lock(shard.mutex);
    next_ = shard.first;
    if (next_) next_->previous_ = this;
    shard.first = this;
    ++shard.count;
}

RunningCall::~RunningCall() {
    auto& shard = calls_.shards_[shard_];
    const std::lock_guard lock(shard.mutex);
    if (previous_) {
        previous_->next_ = next_;
    } else {
        shard.first = next_;
    }
    if (next_) next_->previous_ = previous_;
    --shard.count;
}

bool RunningCall::owes_answer() const noexcept {
    return !cancelled() || calls_.all_cancelled_;
}

void RunningCall::Handle::cancel() {
    asio::post(executor, [withdrawn = source]() mutable { withdrawn.cancel(); });
}

std::size_t RunningCalls::count() const {
    std::size_t sum = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        sum += shard.count;
    }
    return sum;
}

void RunningCalls::cancel_all() {
    all_cancelled_ = true;
    for (auto& shard : shards_) {
        std::vector<RunningCall::Handle> handles;
        {
            const std::lock_guard lock(shard.mutex);
            for (auto* call = shard.first; call; call = call->next_) {
                handles.push_back(call->handle());
            }
        }
        for (auto& handle : handles) handle.cancel();
    }
}

}  // namespace kimbap::mcp
