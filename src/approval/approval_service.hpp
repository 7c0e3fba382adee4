#pragma once

#include <chrono>
#include <cstddef>

#include "approval/execution.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::approval {

class ApprovalManager;

struct ServiceOptions {
    /// How often the change board is looked at: how long an approved call waits here.
    std::chrono::milliseconds poll{100};
    /// How often the store is asked though nothing changed: bounds how late an expiry is noticed.
    std::chrono::milliseconds sweep{1'000};
    std::size_t max_concurrent = 16;  ///< Calls resumed at once.
};

/// The background half of approvals, run by `kimbap serve` and `kimbap mcp`: expires what nobody
/// decided, notices executions whose process died, and runs approved calls whose holder is gone.
/// Any number of processes may run it on one store: claims are compare-and-set.
class ApprovalService {
public:
    /// All outlive run().
    ApprovalService(ApprovalManager& manager, Resumer& resumer, const store::Store& store,
                    ServiceOptions options = {});

    /// Until cancelled; then waits for the calls that it is running. Once `draining` is cancelled
    /// it starts none, but keeps up what runs. On one I/O thread.
    Task<void> run(async::CancelToken cancel, async::CancelToken draining = {});

private:
    class Loop;
    ApprovalManager& manager_;
    Resumer& resumer_;
    const store::Store& store_;
    ServiceOptions options_;
};

}  // namespace kimbap::approval
