#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "approval/approval_manager.hpp"
#include "approval/approval_state.hpp"
#include "approval/claim.hpp"
#include "store/approval_store.hpp"
#include "store/store.hpp"
#include "store/token_store.hpp"

namespace kimbap::approval {

/// An approval and the row it was read from.
struct Loaded {
    Approval approval;
    store::ApprovalRow row;
};

/// Rows that one sweep takes on; the next takes the rest.
inline constexpr std::size_t kSweepRows = 64;
inline constexpr std::size_t kMaxListed = 1000;

/// What the manager's functions do within a transaction, a snapshot, or on a worker thread:
/// everything here may block, nothing waits for anybody.
class ApprovalManager::Core {
public:
    Core(store::Store& store, const Sealer& sealer, const Clock& clock, ManagerOptions options);

    Result<Loaded> load(const store::ApprovalStore& approvals, const std::string& id) const;
    /// As load(), of the caller's own; another's doesn't exist for it.
    Result<Loaded> load_own(const store::ApprovalStore& approvals, const std::string& id,
                            const std::string& caller_key) const;

    /// Applies `event` to a loaded approval and writes what comes of it: the row, its audit record,
    /// its notifications. Where nothing changes nothing is written.
    Result<Effect> transition(store::Transaction& t, Loaded& loaded, const Event& event,
                              const Operator* who = nullptr) const;

    Result<Requested> request(store::Transaction& t, const SuspendedCall& call,
                              const std::string& id, const std::string& sealed) const;
    /// A row of a call that runs already, for `claimer`, and needs no approval.
    Result<Approval> detach(store::Transaction& t, const SuspendedCall& call, const std::string& id,
                            const std::string& sealed, const std::string& claimer) const;
    /// An approval that turns out to be expired is expired for good, and that is the error.
    struct Decision {
        std::optional<Approval> approval;
        std::optional<Error> error;
    };
    Result<Decision> decide(store::Transaction& t, const std::string& id, const Operator& who,
                            Verdict verdict, const std::string& reason) const;
    /// The roles that count for a decision: those of the token that was shown; else those of the
    /// operator's tokens that serve now.
    Result<std::vector<std::string>> roles_of(const store::TokenStore& tokens,
                                              const Operator& who) const;
    /// The tokens that are revoked, where any of `votes` was cast with one.
    static Result<std::vector<std::string>> revoked_of(const store::TokenStore& tokens,
                                                       const std::vector<Vote>& votes);
    Result<Examined> examine(const std::string& id, const Operator& who) const;
    static Result<void> check_decision(const Operator& who, const std::string& reason);

    Result<Approval> find(const std::string& id) const;
    /// What is overdue is shown as expired, and is no longer listed as pending.
    struct Listing {
        std::vector<std::string> overdue;  ///< To be expired, of all: some where they are many.
        std::vector<Approval> approvals;
    };
    Result<Listing> list(const ListFilter& filter) const;
    Result<Collected> collect(const std::string& id, const std::string& caller_key) const;

    /// Whether it is past its expiry, and nobody wrote that down yet.
    [[nodiscard]] bool overdue(const Approval& approval) const;
    /// When to look whether it is; never, where it can't expire any more.
    [[nodiscard]] std::chrono::steady_clock::time_point expiry_of(const Approval& approval) const;
    /// As it will be written down; as it is where it isn't overdue.
    [[nodiscard]] Approval as_expired(Approval approval) const;
    /// How it stands then.
    Result<Approval> expire(store::Transaction& t, const std::string& id) const;
    /// How many expired.
    Result<std::size_t> expire_all(store::Transaction& t,
                                   const std::vector<std::string>& ids) const;
    /// Expires what only counts against this caller's limits because nobody looked at it: how many.
    Result<std::size_t> make_room(store::Transaction& t, const std::string& caller_key) const;

    Result<store::ApprovalMoves> moved_since(std::int64_t since) const;

    /// What sweep() has to write, as a snapshot shows it.
    struct Due {
        std::vector<std::string> expired;
        std::vector<std::string> lapsed;
        std::vector<std::string> stopping;  ///< Of those that this process runs.
        Sweep sweep;
    };
    Result<Due> look() const;
    Result<void> settle(store::Transaction& t, Due& due) const;
    /// Claims of this process whose leases are to be renewed now; empty between times.
    std::vector<ClaimRegistry::Held> renewals();
    /// They were not: the next renewals() has them again.
    void renew_at_once();
    Result<void> renew(store::Transaction& t, const std::vector<ClaimRegistry::Held>& held) const;
    /// Whether it is time to purge() again.
    bool purge_due();
    /// Forgets outcomes whose time is over, and notifications delivered long ago.
    Result<void> purge(store::Transaction& t) const;

    /// The record of a claimed call that couldn't be run.
    [[nodiscard]] audit::Record end_of_failed(const Approval& approval, const Error& error) const;

    [[nodiscard]] std::string call_context(const std::string& id) const;
    [[nodiscard]] std::string outcome_context(const std::string& id) const;

    store::Store& store;
    const Sealer& sealer;
    const Clock& clock;
    const ManagerOptions options;
    const std::shared_ptr<ClaimRegistry> claims = std::make_shared<ClaimRegistry>();

private:
    [[nodiscard]] Approval make(const SuspendedCall& call, const std::string& id) const;
    Result<void> check_limits(const store::ApprovalStore& approvals,
                              const std::string& caller_key) const;
    Result<void> notify(store::Transaction& t, std::string_view type,
                        const Approval& approval) const;

    std::mutex mutex_;
    TimePoint next_renewal_;
    TimePoint next_purge_;
};

}  // namespace kimbap::approval
