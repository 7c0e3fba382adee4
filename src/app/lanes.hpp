#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "app/lane.hpp"
#include "async/task.hpp"

namespace kimbap::app {

/// The lanes of a process, found by the thread that a coroutine runs on. Filled before any runs.
class Lanes {
public:
    void add(std::unique_ptr<Gateway::Lane> lane) { lanes_.push_back(std::move(lane)); }
    [[nodiscard]] Gateway::Lane& first() { return *lanes_.front(); }
    [[nodiscard]] const std::vector<std::unique_ptr<Gateway::Lane>>& all() const { return lanes_; }
    /// Calls that run beside their requests, or without one. Any thread.
    [[nodiscard]] std::size_t beside() const;
    /// The awaiting coroutine's.
    Task<Gateway::Lane*> here();

private:
    std::vector<std::unique_ptr<Gateway::Lane>> lanes_;
};

}  // namespace kimbap::app
