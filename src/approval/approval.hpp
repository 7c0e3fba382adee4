#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "approval/approval_state.hpp"
#include "audit/record.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "store/approval_store.hpp"

namespace kimbap::approval {

/// What a suspended call asks of its operators: a policy rule's `approval`, defaults applied.
struct Spec {
    int required = 1;
    std::chrono::milliseconds expires{1'800'000};
    std::vector<std::string> channels;     ///< Names of notify entries; empty: every one.
    std::vector<std::string> approvers{};  ///< Globs over names and roles; empty: every operator.
    bool token_proof = false;              ///< A link or chat account doesn't suffice.
};

/// A call to be suspended. Nothing in it but `payload` may hold a secret: operators see it.
struct SuspendedCall {
    std::string call;  ///< call_…
    audit::Caller caller;
    std::string caller_key;  ///< Who may join and collect: the caller's stable key.
    std::string owner;       ///< Whom the caller's token belongs to, where known and another name.
    std::string action;      ///< service.action
    std::string service;
    std::string risk;  ///< low medium high critical
    bool mutating = true;
    bool idempotent = false;         ///< May be run again after a crash.
    boost::json::object parameters;  ///< Sanitized, sensitive ones replaced.
    std::string confirmation{};      ///< What the caller's user answered; for the audit log.
    std::string rule;
    std::string policy;   ///< The policy set's digest.
    std::string binding;  ///< SHA-256 (hex) over the whole call (contract section 8).
    std::string payload;  ///< Opaque: what it takes to run the call later. Stored sealed.
    Spec spec;
};

/// A suspended call as operators and its caller may see it.
struct Approval {
    std::string id;  ///< apr_…
    std::int64_t revision = 0;
    std::string call;
    audit::Caller caller;
    std::string caller_key;
    std::string owner;
    std::string action;
    std::string service;
    std::string risk;
    bool mutating = true;
    bool idempotent = false;
    boost::json::object parameters;
    std::string rule;
    std::string policy;
    std::string binding;
    int required = 1;
    std::vector<std::string> channels;
    std::vector<std::string> approvers;
    bool token_proof = false;
    TimePoint created_at;
    TimePoint expires_at;
    Standing standing;
    std::optional<TimePoint> outcome_expires_at;

    [[nodiscard]] State state() const noexcept { return standing.state; }
    [[nodiscard]] Execution execution() const noexcept { return standing.execution; }
};

[[nodiscard]] Terms terms_of(const Approval& approval);

/// As operators see a caller.
[[nodiscard]] boost::json::object caller_json(const audit::Caller& caller);
/// As the operator API and `--json` show it: names of contract section 8, times in RFC 3339; no
/// caller key, no sealed bytes.
[[nodiscard]] boost::json::object to_json(const Approval& approval);

/// Between the row and what it means. `sealed_call` and `sealed_outcome` are not touched.
void write_row(const Approval& approval, store::ApprovalRow& row);
/// Errors: corrupt where the document can't be read.
[[nodiscard]] Result<Approval> read_row(const store::ApprovalRow& row);

}  // namespace kimbap::approval
