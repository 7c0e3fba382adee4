#include <algorithm>
#include <chrono>
#include <utility>

#include "approval/manager_core.hpp"
#include "store/approval_store.hpp"

namespace kimbap::approval {

namespace {
constexpr std::chrono::milliseconds kShortestLook{1};
constexpr std::chrono::milliseconds kLongestLook{3'600'000};
}  // namespace

bool ApprovalManager::Core::overdue(const Approval& approval) const {
    return approval.state() == State::pending && clock.now() >= approval.expires_at;
}

std::chrono::steady_clock::time_point ApprovalManager::Core::expiry_of(
    const Approval& approval) const {
    using Steady = std::chrono::steady_clock;
    if (approval.state() != State::pending) return Steady::time_point::max();
    // The two clocks don't run alike: it is looked at again where the one is early, and in time
    // where the other is put forward.
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(approval.expires_at - clock.now());
    return Steady::now() + std::clamp(left, kShortestLook, kLongestLook);
}

Approval ApprovalManager::Core::as_expired(Approval approval) const {
    auto step = apply(terms_of(approval), approval.standing, event::Expire{}, clock.now());
    if (step) approval.standing = std::move(step->next);
    return approval;
}

Result<Approval> ApprovalManager::Core::expire(store::Transaction& t, const std::string& id) const {
    auto loaded = load(t.approvals(), id);
    if (!loaded) return loaded.error();
    const auto effect = transition(t, *loaded, event::Expire{});
    if (!effect) return effect.error();
    return std::move(loaded->approval);
}

Result<std::size_t> ApprovalManager::Core::expire_all(store::Transaction& t,
                                                      const std::vector<std::string>& ids) const {
    Due due;
    due.expired = ids;
    const Result<void> settled = settle(t, due);
    if (!settled) return settled.error();
    return due.sweep.expired;
}

Result<std::size_t> ApprovalManager::Core::make_room(store::Transaction& t,
                                                     const std::string& caller_key) const {
    auto due = t.approvals().due_for_expiry(clock.now(), kSweepRows);
    if (!due) return due.error();
    auto own = t.approvals().list(name(State::pending), caller_key, kMaxListed);
    if (!own) return own.error();
    std::vector<std::string> ids;
    for (const store::ApprovalRow& row : *due) ids.push_back(row.id);
    for (const store::ApprovalRow& row : *own) {
        if (clock.now() >= row.expires_at) ids.push_back(row.id);
    }
    return expire_all(t, ids);
}

Result<ApprovalManager::Core::Listing> ApprovalManager::Core::list(const ListFilter& filter) const {
    return store::query(store, [&](const store::Snapshot& s) -> Result<Listing> {
        Listing out;
        const auto due = s.approvals().due_for_expiry(clock.now(), kSweepRows);
        if (!due) return due.error();
        for (const store::ApprovalRow& row : *due) out.overdue.push_back(row.id);
        const std::string_view any = filter.detached ? "*" : "";
        const std::string_view state = filter.state ? name(*filter.state) : any;
        auto rows = s.approvals().list(state, filter.caller_key, std::min(filter.limit, kMaxListed),
                                       filter.before_id);
        if (!rows) return rows.error();
        for (const store::ApprovalRow& row : *rows) {
            auto approval = read_row(row);
            if (!approval) return approval.error();
            const bool late = overdue(*approval);
            if (late && filter.state) continue;  // it is pending no more
            out.approvals.push_back(late ? as_expired(std::move(*approval)) : std::move(*approval));
        }
        return out;
    });
}

}  // namespace kimbap::approval
