#include "approval/approval_state.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace kimbap::approval {

namespace {

template <class E>
struct Named {
    E value;
    std::string_view text;
};

constexpr std::array kStates{
    Named{State::pending, "pending"},     Named{State::approved, "approved"},
    Named{State::denied, "denied"},       Named{State::expired, "expired"},
    Named{State::withdrawn, "withdrawn"}, Named{State::detached, "detached"}};
constexpr std::array kExecutions{Named{Execution::none, ""},
                                 Named{Execution::waiting, "waiting"},
                                 Named{Execution::executing, "executing"},
                                 Named{Execution::done, "done"},
                                 Named{Execution::failed, "failed"},
                                 Named{Execution::unknown, "unknown"}};
constexpr std::array kVerdicts{Named{Verdict::approve, "approve"}, Named{Verdict::deny, "deny"}};
constexpr std::array kProofs{Named{Proof::account, "account"}, Named{Proof::link, "link"},
                             Named{Proof::token, "token"}, Named{Proof::local, "local"}};

template <class E, std::size_t N>
std::string_view name_in(const std::array<Named<E>, N>& table, E value) noexcept {
    return table[static_cast<std::size_t>(value)].text;
}

template <class E, std::size_t N>
std::optional<E> parse_in(const std::array<Named<E>, N>& table, std::string_view text) noexcept {
    for (const Named<E>& entry : table) {
        if (entry.text == text) return entry.value;
    }
    return std::nullopt;
}

/// How the command line names the account that runs it.
constexpr std::string_view kLocalPrefix = "cli:";

Error conflict(std::string message) {
    return make_error(Errc::conflict, std::move(message));
}

/// "approved by alice and bob at 2026-…": for errors that say how it stands.
std::string how_decided(const Standing& standing) {
    std::string text(name(standing.state));
    std::vector<std::string> names;
    for (const Vote& vote : standing.votes) {
        const bool counts = (vote.verdict == Verdict::deny) == (standing.state == State::denied);
        if (counts && (standing.state == State::denied || standing.state == State::approved)) {
            names.push_back(vote.by);
        }
    }
    if (!names.empty()) text += " by " + join(names, " and ");
    if (standing.decided_at) text += " at " + format_time(*standing.decided_at);
    return text;
}

Error already_decided(const Standing& standing) {
    return conflict("the approval was already " + how_decided(standing));
}

Error not_claimers(const Standing& standing) {
    return conflict("the execution is not this process's any more (it is " +
                    std::string(name(standing.execution)) + ")");
}

Step unchanged(const Standing& standing) {
    return {standing, Effect::none};
}

Step decided(Standing next, State state, Effect effect, TimePoint now) {
    next.state = state;
    next.decided_at = now;
    if (state == State::approved) next.execution = Execution::waiting;
    return {std::move(next), effect};
}

const Vote* vote_of(const Standing& standing, std::string_view who) {
    const auto found = std::find_if(standing.votes.begin(), standing.votes.end(),
                                    [&](const Vote& vote) { return same_operator(vote.by, who); });
    return found == standing.votes.end() ? nullptr : &*found;
}

const Vote* vote_through(const Standing& standing, std::string_view link) {
    const auto found = std::find_if(standing.votes.begin(), standing.votes.end(),
                                    [&](const Vote& vote) { return vote.link == link; });
    return link.empty() || found == standing.votes.end() ? nullptr : &*found;
}

/// Whether somebody else may have cast it: its token was revoked since.
bool is_void(const Vote& vote, const event::Decide& decide) {
    return !vote.token.empty() && std::find(decide.revoked.begin(), decide.revoked.end(),
                                            vote.token) != decide.revoked.end();
}

Error link_used(const Vote& vote) {
    return conflict("this link was used already: " + vote.by +
                    (vote.verdict == Verdict::approve ? " approved" : " denied") + " at " +
                    format_time(vote.at) + " (a link decides once)");
}

bool is_requester(const Terms& terms, std::string_view who) {
    return std::any_of(terms.requesters.begin(), terms.requesters.end(),
                       [&](const std::string& name) { return same_operator(name, who); });
}

std::string_view without_prefix(std::string_view name) noexcept {
    if (name.starts_with(kLocalPrefix)) name.remove_prefix(kLocalPrefix.size());
    return name;
}

bool is_approver(const Terms& terms, const event::Decide& decide) {
    const auto fits = [&](const std::string& glob) {
        return glob_match(glob, without_prefix(decide.by)) ||
               std::any_of(decide.roles.begin(), decide.roles.end(),
                           [&](const std::string& role) { return glob_match(glob, role); });
    };
    return terms.approvers.empty() ||
           std::any_of(terms.approvers.begin(), terms.approvers.end(), fits);
}

/// Why this operator can't decide, whatever the verdict and however the approval stands.
std::optional<Error> not_entitled(const Terms& terms, const event::Decide& decide) {
    const auto refuse = [&](std::string why) {
        return make_error(Errc::forbidden, decide.by + std::move(why));
    };
    if (is_requester(terms, decide.by)) {
        return refuse(" asked for this call and so can't decide about it (ask another operator)");
    }
    if (!is_approver(terms, decide)) {
        return refuse(" may not decide about this call: its policy rule names as approvers " +
                      join(terms.approvers, ", ") +
                      " (names of operators or roles, which `kimbap token create --operator … "
                      "--role …` gives)");
    }
    const bool remote = decide.proof == Proof::account || decide.proof == Proof::link;
    if (!remote) return std::nullopt;
    if (terms.token_proof) {
        return refuse(
            " must decide about this call with an operator's token, as its policy rule "
            "says (`kimbap approval approve` or the operator API); " +
            std::string(decide.proof == Proof::link ? "a link" : "a chat account") +
            " is not enough");
    }
    const auto& told = terms.channels;
    if (std::find(told.begin(), told.end(), decide.channel) == told.end()) {
        return refuse(" was not asked through \"" + decide.channel +
                      "\", so that it can't decide about this call");
    }
    return std::nullopt;
}

/// The transitions, one overload an event.
struct Apply {
    const Terms& terms;
    const Standing& standing;
    TimePoint now;

    Result<Step> operator()(const event::Decide& decide) const {
        if (auto refused = not_entitled(terms, decide)) return std::move(*refused);
        const Vote* const used = vote_through(standing, decide.link);
        if (used != nullptr) return link_used(*used);
        const Vote* const before = vote_of(standing, decide.by);
        if (standing.state != State::pending) {
            const State wanted =
                decide.verdict == Verdict::approve ? State::approved : State::denied;
            const bool repeated = before != nullptr && before->verdict == decide.verdict;
            if (repeated && standing.state == wanted) return unchanged(standing);
            return already_decided(standing);
        }
        if (now >= terms.expires_at) {
            return conflict("the approval expired at " + format_time(terms.expires_at));
        }
        if (before != nullptr && !is_void(*before, decide) && decide.verdict == Verdict::approve) {
            return unchanged(standing);
        }
        Standing next = standing;
        std::erase_if(next.votes, [&](const Vote& vote) {
            return same_operator(vote.by, decide.by) || is_void(vote, decide);
        });
        next.votes.push_back({decide.by, decide.verdict, decide.reason, now, decide.channel,
                              decide.proof, decide.link, decide.token});
        if (decide.verdict == Verdict::deny) {
            return decided(std::move(next), State::denied, Effect::denied, now);
        }
        if (std::ssize(next.votes) < terms.required) return Step{std::move(next), Effect::voted};
        return decided(std::move(next), State::approved, Effect::approved, now);
    }

    Result<Step> operator()(const event::Expire&) const {
        if (standing.state != State::pending || now < terms.expires_at) return unchanged(standing);
        return decided(standing, State::expired, Effect::expired, now);
    }

    Result<Step> operator()(const event::Withdraw&) const {
        if (standing.state == State::withdrawn) return unchanged(standing);
        if (standing.state != State::pending) return already_decided(standing);
        if (now >= terms.expires_at) return (*this)(event::Expire{});
        return decided(standing, State::withdrawn, Effect::withdrawn, now);
    }

    Result<Step> operator()(const event::Claim& claim) const {
        if (standing.state != State::approved && standing.state != State::detached) {
            return conflict("the call is not approved (it is " + std::string(name(standing.state)) +
                            ")");
        }
        if (standing.execution != Execution::waiting) {
            return conflict("the call is " + std::string(name(standing.execution)) + " already");
        }
        Standing next = standing;
        next.execution = Execution::executing;
        next.claimer = claim.claimer;
        next.lease_until = now + claim.lease;
        return Step{std::move(next), Effect::claimed};
    }

    [[nodiscard]] bool runs(std::string_view claimer) const {
        return standing.execution == Execution::executing && standing.claimer == claimer;
    }

    Result<Step> operator()(const event::Renew& renew) const {
        if (!runs(renew.claimer)) return not_claimers(standing);
        Standing next = standing;
        next.lease_until = now + renew.lease;
        return Step{std::move(next), Effect::renewed};
    }

    /// Ends without having run (again): its caller doesn't want it any more.
    [[nodiscard]] Step stopped() const {
        Standing next = standing;
        next.stopping = true;
        next.execution = Execution::failed;
        next.lease_until.reset();
        next.finished_at = now;
        return {std::move(next), Effect::stopped};
    }

    [[nodiscard]] Step requeued() const {
        if (standing.stopping) return stopped();
        Standing next = standing;
        next.execution = Execution::waiting;
        next.claimer.clear();
        next.lease_until.reset();
        return {std::move(next), Effect::requeued};
    }

    Result<Step> operator()(const event::Release& release) const {
        if (!runs(release.claimer)) return not_claimers(standing);
        return requeued();
    }

    Result<Step> operator()(const event::Lapse&) const {
        if (standing.execution != Execution::executing ||
            (standing.lease_until && now < *standing.lease_until)) {
            return unchanged(standing);
        }
        if (terms.idempotent) return requeued();
        Standing next = standing;
        next.execution = Execution::unknown;
        next.lease_until.reset();
        next.finished_at = now;
        return Step{std::move(next), Effect::lost};
    }

    Result<Step> operator()(const event::Finish& finish) const {
        // A process that was only slow knows better than the sweep that gave it up.
        const bool given_up =
            standing.execution == Execution::unknown && standing.claimer == finish.claimer;
        if (!runs(finish.claimer) && !given_up) return not_claimers(standing);
        Standing next = standing;
        next.execution = finish.succeeded ? Execution::done : Execution::failed;
        next.lease_until.reset();
        next.finished_at = now;
        return Step{std::move(next), Effect::finished};
    }

    Result<Step> operator()(const event::Stop&) const {
        if (standing.state == State::pending) return (*this)(event::Withdraw{});
        if (standing.execution == Execution::waiting) return stopped();
        if (standing.execution != Execution::executing || standing.stopping) {
            return unchanged(standing);
        }
        Standing next = standing;
        next.stopping = true;
        return Step{std::move(next), Effect::stopping};
    }
};

}  // namespace

std::string_view name(State state) noexcept {
    return name_in(kStates, state);
}
std::string_view name(Execution execution) noexcept {
    return name_in(kExecutions, execution);
}
std::string_view name(Verdict verdict) noexcept {
    return name_in(kVerdicts, verdict);
}
std::string_view name(Proof proof) noexcept {
    return name_in(kProofs, proof);
}
std::optional<Proof> parse_proof(std::string_view text) noexcept {
    return parse_in(kProofs, text);
}
std::optional<State> parse_state(std::string_view text) noexcept {
    return parse_in(kStates, text);
}
std::optional<Execution> parse_execution(std::string_view text) noexcept {
    return parse_in(kExecutions, text);
}
std::optional<Verdict> parse_verdict(std::string_view text) noexcept {
    return parse_in(kVerdicts, text);
}

Result<Step> apply(const Terms& terms, const Standing& standing, const Event& event,
                   TimePoint now) {
    return std::visit(Apply{terms, standing, now}, event);
}

bool same_operator(std::string_view a, std::string_view b) noexcept {
    return iequals(without_prefix(a), without_prefix(b));
}

bool is_decided(const Standing& standing) noexcept {
    return standing.state != State::pending;
}

bool is_final(const Standing& standing) noexcept {
    if (standing.state == State::pending) return false;
    const bool runs = standing.state == State::approved || standing.state == State::detached;
    return !runs ||
           (standing.execution != Execution::waiting && standing.execution != Execution::executing);
}

}  // namespace kimbap::approval
