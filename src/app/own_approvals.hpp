#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "approval/approval.hpp"
#include "async/task.hpp"

namespace kimbap::approval {
class ApprovalManager;
}

namespace kimbap::app {

/// The caller's approvals that an agent may want to find again after it lost its connection or its
/// memory: all that are pending, and the newest of those approved, whose outcomes may be collected.
/// Newest first within each kind; bounded.
[[nodiscard]] Task<Result<std::vector<approval::Approval>>> own_approvals(
    const approval::ApprovalManager& approvals, std::string caller_key);

/// One of them as its agent sees it: what was asked and how it stands.
[[nodiscard]] boost::json::object own_approval_json(const approval::Approval& approval);

}  // namespace kimbap::app
