#include "approval/child_tasks.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <exception>
#include <utility>

#include "base/log.hpp"

namespace kimbap::approval {

ChildTasks::ChildTasks(const asio::any_io_executor& executor)
    : executor_(executor), ended_(executor, asio::steady_timer::time_point::max()) {}

void ChildTasks::spawn(Task<void> task) {
    ++running_;
    asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr thrown) {
        --running_;
        ended_.cancel();
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            log::error("a background task failed", {{"error", error.what()}});
        }
    });
}

Task<void> ChildTasks::drained() {
    while (running_ > 0) {
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await ended_.async_wait(std::move(token));
    }
}

}  // namespace kimbap::approval
