#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "approval/approval.hpp"
#include "approval/claim.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"

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

enum class ExecutionEnd {
    over,        ///< It ran or failed, and that is recorded; or the log says why it is not.
    given_back,  ///< Nothing of it was sent: whoever claims it next may run it.
};

/// Before the end of a call is tried to be recorded again, at first.
inline constexpr std::chrono::milliseconds kFinishPause{100};

/// Records the end of a claimed call: ApprovalManager::finish(), or fail() for an error. Tries
/// again for some 550 times `pause`, and until `cancel`, while the store refuses it; the lease is
/// renewed meanwhile. An outcome that is too large is replaced by an error that says so.
[[nodiscard]] Task<Result<Approval>> finish(ApprovalManager& manager, const ClaimedCall& call,
                                            Result<Resumed> resumed,
                                            std::chrono::milliseconds pause = kFinishPause,
                                            async::CancelToken cancel = {});

/// Runs a call that this process claimed, and records its end as finish() does. On one I/O thread;
/// all outlive the task.
[[nodiscard]] Task<ExecutionEnd> execute(ApprovalManager& manager, Resumer& resumer,
                                         ClaimedCall call, std::chrono::milliseconds pause,
                                         const async::CancelToken& cancel);

}  // namespace kimbap::approval
