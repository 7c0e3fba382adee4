#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>

#include "async/task.hpp"

namespace kimbap::approval {

/// Coroutines that run beside their parent, which awaits drained() before it ends: none outlives
/// what it uses. On one I/O thread.
class ChildTasks {
public:
    explicit ChildTasks(const asio::any_io_executor& executor);

    /// What the task throws is logged.
    void spawn(Task<void> task);
    [[nodiscard]] std::size_t running() const noexcept { return running_; }
    /// Until none runs.
    Task<void> drained();

private:
    asio::any_io_executor executor_;
    asio::steady_timer ended_;
    std::size_t running_ = 0;
};

}  // namespace kimbap::approval
