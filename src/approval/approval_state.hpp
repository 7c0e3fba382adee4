#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

/// The life of a suspended call (contract section 8) as a state machine without I/O: the manager
/// reads a row, applies an event, and writes the row back with a compare-and-set in one
/// transaction.
///
///     pending ─▶ approved │ denied │ expired │ withdrawn
///     of an approved call:  waiting ─▶ executing ─▶ done │ failed │ unknown
///
/// A call that needs no approval, but outlives its request, is `detached` from the start and is
/// executed like an approved one.
namespace kimbap::approval {

enum class State : std::uint8_t { pending, approved, denied, expired, withdrawn, detached };
enum class Execution : std::uint8_t { none, waiting, executing, done, failed, unknown };
enum class Verdict : std::uint8_t { approve, deny };

[[nodiscard]] std::string_view name(State state) noexcept;
[[nodiscard]] std::string_view name(Execution execution) noexcept;  ///< "" for none.
[[nodiscard]] std::string_view name(Verdict verdict) noexcept;
[[nodiscard]] std::optional<State> parse_state(std::string_view text) noexcept;
[[nodiscard]] std::optional<Execution> parse_execution(std::string_view text) noexcept;
[[nodiscard]] std::optional<Verdict> parse_verdict(std::string_view text) noexcept;

/// How an operator's identity was proven, the weakest first.
enum class Proof : std::uint8_t {
    account,  ///< An account of a chat service: as safe as that account.
    link,     ///< A signed link, sent to the operator: as safe as the mailbox it went to.
    token,    ///< The operator's kimbap token.
    local,    ///< A user of this machine who may read the data directory and the vault secret.
};
[[nodiscard]] std::string_view name(Proof proof) noexcept;
[[nodiscard]] std::optional<Proof> parse_proof(std::string_view text) noexcept;

/// One operator's decision.
struct Vote {
    std::string by;
    Verdict verdict = Verdict::approve;
    std::string reason{};
    TimePoint at{};
    std::string channel{};  ///< cli, api, or the name of the notify entry it came through.
    Proof proof = Proof::account;
    std::string link{};   ///< The decision link's mark (see DecisionLinks), so that it serves once.
    std::string token{};  ///< tok_… of the token that was shown; "" where none was.
};

/// What never changes about an approval and matters to its transitions.
struct Terms {
    int required = 1;  ///< So many different operators must approve.
    TimePoint expires_at;
    /// Whether running the call a second time does no harm.
    bool idempotent = false;
    /// Names that may not decide: the requesting agent, and who its token belongs to.
    std::vector<std::string> requesters;
    /// Globs over names and roles of those who may decide; empty: every operator.
    std::vector<std::string> approvers{};
    bool token_proof = false;  ///< A link or an account isn't proof enough.
    /// The notify entries that were told: links and accounts count through these alone.
    std::vector<std::string> channels{};
};

/// Where an approval stands.
struct Standing {
    State state = State::pending;
    Execution execution = Execution::none;
    std::vector<Vote> votes;
    std::string claimer;  ///< Of the running or last execution.
    std::optional<TimePoint> lease_until;
    std::optional<TimePoint> decided_at;
    std::optional<TimePoint> finished_at;
    /// Its caller wants it stopped: for its caller it is cancelled, whatever becomes of it.
    bool stopping = false;
};

namespace event {
struct Decide {
    std::string by;
    Verdict verdict = Verdict::approve;
    std::string reason{};
    std::string channel{};
    Proof proof = Proof::account;
    std::string link{};
    std::vector<std::string> roles{};
    std::string token{};
    /// Tokens that were revoked by now: who approved with one has to do so again.
    std::vector<std::string> revoked{};
};
struct Expire {};
/// What is overdue expires instead.
struct Withdraw {};
/// As Withdraw, and for a call that was decided about: one that waits doesn't run any more, one
/// that runs is to be stopped by whoever runs it. What has ended is left as it is.
struct Stop {};
struct Claim {
    std::string claimer;
    std::chrono::milliseconds lease{};
};
struct Renew {
    std::string claimer;
    std::chrono::milliseconds lease{};
};
/// The claimer gives the call back untouched: nothing of it was sent.
struct Release {
    std::string claimer;
};
/// The lease ran out: its claimer crashed, or hangs.
struct Lapse {};
struct Finish {
    std::string claimer;
    bool succeeded = false;
};
}  // namespace event

using Event = std::variant<event::Decide, event::Expire, event::Withdraw, event::Claim,
                           event::Renew, event::Release, event::Lapse, event::Finish, event::Stop>;

/// What an event did, for the audit log and the notifications.
enum class Effect : std::uint8_t {
    none,      ///< Nothing changed: a repetition, or not due yet.
    voted,     ///< Approved by one of several that are needed.
    approved,  ///< Also: waits for its execution.
    denied,
    expired,
    withdrawn,
    claimed,
    renewed,
    requeued,  ///< Waits for its execution again.
    lost,      ///< Execution unknown.
    finished,
    stopping,  ///< Runs, and is to be stopped.
    stopped,   ///< Ended before it ran.
};

struct Step {
    Standing next;
    Effect effect = Effect::none;
};

/// Applies `event` at `now`. A denial wins at once; the expiry instant itself belongs to expiry;
/// the same verdict by the same operator again is no error, except through a link that was used
/// already. Errors, each saying how it stands: conflict where the standing doesn't admit the event;
/// forbidden where who decides may not: the requester, who is none of the approvers, or whose proof
/// is not enough.
[[nodiscard]] Result<Step> apply(const Terms& terms, const Standing& standing, const Event& event,
                                 TimePoint now);

/// Whether two operators' names are one person's: upper and lower case are the same, and so are the
/// account on this machine ("cli:alice") and the operator of its name.
[[nodiscard]] bool same_operator(std::string_view a, std::string_view b) noexcept;

/// Whether a decision was made or can't be made any more.
[[nodiscard]] bool is_decided(const Standing& standing) noexcept;
/// Whether nothing will happen to it any more by itself.
[[nodiscard]] bool is_final(const Standing& standing) noexcept;

}  // namespace kimbap::approval
