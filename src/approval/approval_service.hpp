#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "approval/claim.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::approval {

class ApprovalManager;

/// How a resumed call ended.
struct Resumed {
    bool succeeded = false;
    std::string outcome;                  ///< JSON text for its caller, kept sealed.
    std::optional<audit::Record> record;  ///< Appended with the end of the execution.
};

/// Runs an approved call from the credential stage on. The pipeline implements it.
class Resumer {
public:
    virtual ~Resumer() = default;
    /// `call` outlives the task. Errors: unavailable says that nothing of it was sent and another
    /// process may run it; any other that it failed, with the error's message as its outcome.
    [[nodiscard]] virtual Task<Result<Resumed>> resume(const ClaimedCall& call) = 0;
};

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

    /// Until cancelled; then waits for the calls that it is running. On one I/O thread.
    Task<void> run(async::CancelToken cancel);

private:
    class Loop;
    ApprovalManager& manager_;
    Resumer& resumer_;
    const store::Store& store_;
    ServiceOptions options_;
};

}  // namespace kimbap::approval
