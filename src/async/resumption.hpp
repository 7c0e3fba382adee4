#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "async/task.hpp"

namespace kimbap::async {

/// What any thread calls, once, to have `handler` run on `executor`: how a coroutine that waits for
/// another thread's work goes on.
template <class Handler>
std::function<void()> resumption(asio::any_io_executor executor, Handler handler) {
    return
        [executor = std::move(executor), shared = std::make_shared<Handler>(std::move(handler))] {
            // Keeps the io_context from ending, and dying, while this thread is still in post().
            const auto guard = asio::prefer(executor, asio::execution::outstanding_work.tracked);
            asio::post(executor, [shared] { std::move (*shared)(); });
        };
}

}  // namespace kimbap::async
