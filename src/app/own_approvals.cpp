#include "app/own_approvals.hpp"

#include <iterator>
#include <utility>

#include "approval/approval_manager.hpp"
#include "approval/shortened.hpp"

namespace kimbap::app {

namespace {
constexpr std::size_t kMostPending = 100;
constexpr std::size_t kMostApproved = 20;
}  // namespace

Task<Result<std::vector<approval::Approval>>> own_approvals(
    const approval::ApprovalManager& approvals, std::string caller_key) {
    approval::ListFilter pending{approval::State::pending, caller_key, kMostPending, ""};
    auto listing = approvals.list(std::move(pending));
    Result<std::vector<approval::Approval>> found = co_await std::move(listing);
    if (!found) co_return found;
    approval::ListFilter approved{approval::State::approved, std::move(caller_key), kMostApproved,
                                  ""};
    auto listing_more = approvals.list(std::move(approved));
    Result<std::vector<approval::Approval>> more = co_await std::move(listing_more);
    if (!more) co_return more;
    found->insert(found->end(), std::make_move_iterator(more->begin()),
                  std::make_move_iterator(more->end()));
    co_return found;
}

boost::json::object own_approval_json(const approval::Approval& approval) {
    boost::json::object out{{"approval", approval.id},
                            {"action", approval.action},
                            {"parameters", approval::shorten(approval.parameters).parameters},
                            {"state", approval::name(approval.state())},
                            {"created_at", format_time(approval.created_at)},
                            {"expires_at", format_time(approval.expires_at)}};
    if (approval.execution() != approval::Execution::none) {
        out["execution"] = approval::name(approval.execution());
    }
    return out;
}

}  // namespace kimbap::app
