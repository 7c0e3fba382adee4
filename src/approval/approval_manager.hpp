#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "approval/approval.hpp"
#include "approval/claim.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "audit/record.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap {
class Sealer;
}
namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::store {
class Store;
}

namespace kimbap::approval {

class WaitHub;

struct ManagerOptions {
    std::size_t max_pending = 100'000;
    std::size_t max_pending_per_caller = 100;
    std::chrono::milliseconds lease{20'000};  ///< Of an execution; renewed thrice in its time.
    std::chrono::milliseconds grace{500};     ///< Before anyone but the holder runs it.
    std::chrono::milliseconds retention{86'400'000};  ///< Of outcomes.
    std::vector<std::string> channels;                ///< Every notify entry's name.
    /// Who is told through an entry one by one, each with a delivery of its own; where an entry
    /// isn't in here, there is one.
    std::map<std::string, std::vector<std::string>> recipients{};
};

/// Largest sealed call and outcome, in bytes of plaintext.
inline constexpr std::size_t kMaxPayload = 8U << 20;
inline constexpr std::size_t kMaxOutcome = 32U << 20;
/// Longest reason an operator may give, in bytes.
inline constexpr std::size_t kMaxReason = 2000;

/// Who decides, through what, and how well that was proven. All of it is recorded.
struct Operator {
    std::string name;
    std::string token{};    ///< tok_…; "" where none was shown.
    std::string channel{};  ///< cli, api, or the name of the notify entry it came through.
    Proof proof = Proof::account;
    std::string link{};     ///< DecisionLink::mark, where a link decides.
    std::string account{};  ///< slack:U…, telegram:…: what stood for the operator there.
    /// Of the token that was shown; without one, the roles of the operator's tokens count.
    std::vector<std::string> roles{};
};

/// How an approval looks to one operator.
struct Examined {
    Approval approval;
    std::optional<Error> refusal;  ///< Why this operator couldn't deny it now; none: could.
};

struct Requested {
    Approval approval;
    bool joined = false;  ///< The same call of the same caller was pending already.
};

struct ListFilter {
    std::optional<State> state;
    std::string caller_key;  ///< "" for any.
    std::size_t limit = 100;
    std::string before_id;  ///< For the next page: the last id of this one.
    bool detached = false;  ///< Calls that needed no approval, too.
};

/// What a caller collects.
struct Collected {
    Approval approval;
    std::optional<std::string> outcome;  ///< As given to finish(); gone after the retention.
};

/// The outcome, as JSON text, of a call about which kimbap itself has nothing else to tell:
/// {"error": {"code", "message"}}.
[[nodiscard]] std::string error_outcome(const Error& error);

enum class Until : std::uint8_t {
    decided,  ///< No longer pending.
    final,    ///< Denied, expired, withdrawn; or approved and done, failed or unknown.
};

/// What to do every now and then while waiting.
struct Reminder {
    std::chrono::milliseconds every{};
    std::function<void()> remind{};  ///< None: nothing.
};

/// What is due, as sweep() found it.
struct Sweep {
    std::vector<std::string> runnable;  ///< Approved, waiting, past their grace, oldest first.
    std::size_t in_grace = 0;           ///< Approved and waiting, left to their holders yet.
    std::size_t expired = 0;
    std::size_t lapsed = 0;
};

/// Suspended calls: each is a stored row, so that it survives restarts, can be decided by any
/// process and costs no thread while it waits (design decisions 2 and 3). Every change is one
/// transaction with its audit record and its notifications, decided by the state machine of
/// approval_state.hpp.
///
/// Thread-safe. The awaitable functions are for I/O threads: they seal and read on the worker pool
/// and resume on the awaiting executor. Those named …_blocking are the same for the command line.
class ApprovalManager {
public:
    /// All outlive the manager.
    ApprovalManager(store::Store& store, const Sealer& sealer, const Clock& clock,
                    async::WorkerPool& workers, ManagerOptions options = {});
    ~ApprovalManager();
    ApprovalManager(const ApprovalManager&) = delete;
    ApprovalManager& operator=(const ApprovalManager&) = delete;

    /// Suspends a call, or joins the pending one of the same caller with the same binding. With
    /// `approval.requested` and a notification for each channel. Errors: rate_limited where too
    /// many are pending; too_large; storage_failure.
    Task<Result<Requested>> request(SuspendedCall call);

    /// Stores a call that runs already and needs no approval, so that it outlives its request, and
    /// its process where running it twice does no harm. Claimed by this process; finish() it like
    /// another. Operators don't see it. Errors: too_large; storage_failure.
    Task<Result<ClaimedCall>> detach(SuspendedCall call);

    /// One operator's verdict. Returns how it stands then. Errors: not_found; forbidden for the
    /// requester, for who is no approver, and where the proof isn't enough; conflict where it was
    /// decided otherwise or expired; invalid_argument for an overlong reason or a nameless
    /// operator.
    Task<Result<Approval>> decide(std::string id, Operator who, Verdict verdict,
                                  std::string reason);
    Result<Approval> decide_blocking(const std::string& id, const Operator& who, Verdict verdict,
                                     const std::string& reason);

    /// What decide() would say, without deciding: for pages that ask only who may answer. Errors:
    /// not_found.
    Task<Result<Examined>> examine(std::string id, Operator who) const;

    /// Whether somebody waits for it in this process: the same call may have been made again.
    [[nodiscard]] bool awaited(const std::string& id) const;
    /// The caller takes a pending request back. Errors: not_found, also for another's; conflict
    /// where it was decided already.
    Task<Result<Approval>> withdraw(std::string id, std::string caller_key);
    /// The caller doesn't want its call any more, however far it is: a pending request is
    /// withdrawn, an approved call that still waits doesn't run, and whichever process runs it is
    /// told to stop (Claim::stopped). What has ended is left as it is. Errors: not_found, also for
    /// another's.
    Task<Result<Approval>> stop(std::string id, std::string caller_key);

    // Whoever looks at what is past its expiry, expires it, as sweep() does: no process needs to
    // look after approvals for that.
    Task<Result<Approval>> find(std::string id) const;
    Result<Approval> find_blocking(const std::string& id) const;
    /// Newest first.
    Task<Result<std::vector<Approval>>> list(ListFilter filter) const;
    Result<std::vector<Approval>> list_blocking(const ListFilter& filter) const;
    /// How the caller's own call stands, with its outcome once there is one. Errors: not_found,
    /// also for another's: whether an id exists is nobody else's business.
    Task<Result<Collected>> outcome(std::string id, std::string caller_key) const;

    /// Waits until it is decided or final, whichever process brings that about, or until
    /// `deadline`; then gives how it stands. Meanwhile calls `reminder.remind` on the awaiting
    /// thread, without asking the store. Errors: cancelled; not_found; storage_failure.
    Task<Result<Approval>> wait(std::string id, Until until,
                                std::chrono::steady_clock::time_point deadline,
                                async::CancelToken cancel = {}, Reminder reminder = {});

    /// Takes the sole right to run an approved call. Errors: not_found; conflict where it isn't
    /// waiting (another process has it, or it ran); corrupt where what was sealed can't be opened.
    Task<Result<ClaimedCall>> claim(std::string id);
    /// Gives a claimed call back, of which nothing was sent: another process may run it.
    Task<Result<void>> release(ClaimedCall call);
    /// Records how a claimed call ended, and keeps `outcome` (JSON text) sealed for its caller.
    /// `record`, if any, is appended to the audit log in the same transaction. Errors: conflict
    /// where the claim was lost meanwhile; too_large (finish again with a smaller outcome).
    Task<Result<Approval>> finish(const ClaimedCall& call, bool succeeded, std::string outcome,
                                  std::optional<audit::Record> record = {});

    /// finish() for a claimed call that couldn't be run, with error_outcome() and a `call.finished`
    /// record that says so.
    Task<Result<Approval>> fail(const ClaimedCall& call, Error error);

    /// Expires, declares lapsed executions unknown or waiting again, forgets old outcomes, renews
    /// the leases of this process's claims; and says what is to be run. Called by ApprovalService.
    Task<Result<Sweep>> sweep();

    /// How long the caller may collect an outcome, from the end of its call.
    [[nodiscard]] std::chrono::milliseconds retention() const noexcept;

private:
    class Core;
    /// Expired for good where it is overdue; just shown so where that can't be stored now.
    Task<Result<Approval>> settled(Approval approval) const;
    std::shared_ptr<Core> core_;
    std::shared_ptr<WaitHub> hub_;
    async::WorkerPool& workers_;
};

}  // namespace kimbap::approval
