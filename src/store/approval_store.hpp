#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store {

/// A suspended call. What queries need is in columns; the rest is the approval module's own JSON
/// and sealed bytes. `state` and `execution` hold the names of contract section 8.
struct ApprovalRow {
    std::string id;             ///< apr_…
    std::int64_t revision = 0;  ///< Counts up with each update: the compare-and-set key.
    std::string state;          ///< pending approved denied expired withdrawn, or detached
    std::string execution;      ///< "" waiting executing done failed unknown
    std::string caller_key;     ///< Who may join and collect: the caller's stable key.
    std::string binding;        ///< SHA-256 (hex) over the whole call.
    TimePoint created_at;
    TimePoint expires_at;
    std::optional<TimePoint> lease_until;  ///< Of the executing process.
    std::optional<TimePoint> outcome_expires_at;
    std::string document;        ///< JSON: caller, action, sanitized parameters, rule, votes, …
    std::string sealed_call;     ///< Encrypted: the whole call, to resume it.
    std::string sealed_outcome;  ///< Encrypted: the result, for its caller.
};

/// Which approvals moved, for ApprovalStore::moved_since.
struct ApprovalMoves {
    std::int64_t newest = 0;             ///< What to ask from the next time.
    std::vector<std::string> approvals;  ///< Those whose state or execution changed; may repeat.
    bool incomplete = false;             ///< Any may have moved: it is too long ago to be listed.
};
inline constexpr std::int64_t kMovesUnknown = -1;

class ApprovalStore {
public:
    virtual ~ApprovalStore() = default;
    [[nodiscard]] virtual Result<std::optional<ApprovalRow>> find(std::string_view id) const = 0;
    /// The pending row of the same caller with the same binding, if any.
    [[nodiscard]] virtual Result<std::optional<ApprovalRow>> find_pending(
        std::string_view caller_key, std::string_view binding) const = 0;
    /// Newest first; "" for any caller, or for any state but `detached` ("*" for that, too); at
    /// most `limit`, before `before_id` where given.
    [[nodiscard]] virtual Result<std::vector<ApprovalRow>> list(
        std::string_view state, std::string_view caller_key, std::size_t limit,
        std::string_view before_id = "") const = 0;
    /// Pending rows whose expiry is at or before `now`, oldest first.
    [[nodiscard]] virtual Result<std::vector<ApprovalRow>> due_for_expiry(
        TimePoint now, std::size_t limit) const = 0;
    /// Rows still waiting to be executed, and executing ones whose lease lapsed by `now`.
    [[nodiscard]] virtual Result<std::vector<ApprovalRow>> to_execute(TimePoint now,
                                                                      std::size_t limit) const = 0;
    /// How many are pending, without counting them: in all, or of one caller.
    [[nodiscard]] virtual Result<std::size_t> count_pending(
        std::string_view caller_key = "") const = 0;
    /// What moved since an earlier answer's `newest`; kMovesUnknown where there was none.
    [[nodiscard]] virtual Result<ApprovalMoves> moved_since(std::int64_t since) const = 0;

    /// Errors: already_exists.
    virtual Result<void> insert(const ApprovalRow& row) = 0;
    /// Replaces the row whose id and revision are `row`'s, and stores revision + 1.
    /// Errors: conflict where the stored revision differs; not_found.
    virtual Result<void> update(const ApprovalRow& row) = 0;
    /// Forgets sealed calls and outcomes of rows whose outcome_expires_at passed, and the whole row
    /// of a detached call, about which nobody decided. Returns how many.
    virtual Result<std::size_t> purge_outcomes(TimePoint now) = 0;
};

}  // namespace kimbap::store
