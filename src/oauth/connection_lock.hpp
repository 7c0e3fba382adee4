#pragma once

#include <chrono>
#include <string>

#include "async/task.hpp"
#include "base/error.hpp"
#include "oauth/connection.hpp"

namespace kimbap::oauth {

/// Whoever changes a connection holds its lock, across threads and processes of a data directory:
/// two that spend one refresh token at once would, with rotation, cost the connection (RFC 9700
/// section 4.14.2: reuse revokes all of it). An flock on a file of its own; it ends with the
/// process, however that ends.
class ConnectionLock {
public:
    /// Waits without blocking the thread. `folder` is made (0700) where missing. Errors: timed_out,
    /// storage_failure.
    static Task<Result<ConnectionLock>> acquire(std::string folder, ConnectionId id,
                                                std::chrono::steady_clock::time_point deadline);

    ConnectionLock(ConnectionLock&& other) noexcept;
    ConnectionLock& operator=(ConnectionLock&& other) noexcept;
    ~ConnectionLock();

private:
    explicit ConnectionLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace kimbap::oauth
