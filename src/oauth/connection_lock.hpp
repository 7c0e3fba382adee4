#pragma once

#include <chrono>
#include <memory>

#include "async/task.hpp"
#include "base/error.hpp"
#include "oauth/connection.hpp"
#include "store/hold.hpp"

namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::store {
class Store;
}

namespace kimbap::oauth {

/// Whoever changes a connection holds it, across all threads, processes and machines that share the
/// store: two that spend one refresh token at once would, with rotation, cost the connection (RFC
/// 9700 section 4.14.2: reuse revokes all of it). Waits without blocking the thread. Errors:
/// timed_out, storage_failure.
Task<Result<std::unique_ptr<store::Hold>>> lock_connection(
    store::Store& store, async::WorkerPool& workers, ConnectionId id,
    std::chrono::steady_clock::time_point deadline);

}  // namespace kimbap::oauth
