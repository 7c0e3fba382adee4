#include <utility>

#include "approval/manager_core.hpp"
#include "store/approval_store.hpp"

namespace kimbap::approval {

Result<Approval> ApprovalManager::Core::detach(store::Transaction& t, const SuspendedCall& call,
                                               const std::string& id, const std::string& sealed,
                                               const std::string& claimer) const {
    Approval approval = make(call, id);
    approval.required = 0;
    approval.channels.clear();
    approval.standing.state = State::detached;
    approval.standing.execution = Execution::executing;
    approval.standing.claimer = claimer;
    approval.standing.lease_until = approval.created_at + options.lease;
    store::ApprovalRow row;
    write_row(approval, row);
    row.sealed_call = sealed;
    if (!read_row(row)) {
        return make_error(Errc::invalid_argument,
                          "the call's parameters are nested too deeply to be kept");
    }
    const Result<void> inserted = t.approvals().insert(row);
    if (!inserted) return inserted.error();
    return approval;
}

}  // namespace kimbap::approval
