#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "async/task.hpp"

namespace kimbap::test {

/// Runs `task` and whatever else is on `context` to the end, and gives its result.
template <class T>
T run_on(asio::io_context& context, Task<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, T value) {
        failure = thrown;
        if (!thrown) result.emplace(std::move(value));
    });
    context.restart();
    context.run();
    if (failure) std::rethrow_exception(failure);
    if (!result) throw std::runtime_error("the task never ended");
    return std::move(*result);
}

template <class T>
T run_task(Task<T> task) {
    asio::io_context context;
    return run_on(context, std::move(task));
}

}  // namespace kimbap::test
