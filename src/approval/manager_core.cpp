#include "approval/manager_core.hpp"

#include <algorithm>
#include <utility>

#include "approval/event.hpp"
#include "approval/shortened.hpp"
#include "audit/writer.hpp"
#include "base/sealer.hpp"
#include "store/outbox_store.hpp"
#include "store/token_store.hpp"

namespace kimbap::approval {

namespace {

constexpr std::chrono::minutes kPurgeEvery{1};
/// How long what was delivered can be looked up, at least.
constexpr std::chrono::hours kDeliveriesKept{7 * 24};
/// Deliveries forgotten at a time: other writes wait for it.
constexpr std::size_t kMaxPurged = 1'000;

Error no_such_approval(const std::string& id) {
    return make_error(Errc::not_found,
                      "no approval " + id + " (see `kimbap approval list` for what there is)");
}

audit::Record record_of(const Approval& approval, std::string_view kind, TimePoint now) {
    audit::Record record;
    record.kind = kind;
    record.time = now;
    record.call = approval.call;
    record.caller = approval.caller;
    record.action = approval.action;
    const bool detached = approval.state() == State::detached;
    record.decision = boost::json::object{{"outcome", detached ? "allow" : "require_approval"},
                                          {"rule", approval.rule},
                                          {"policy", approval.policy}};
    return record;
}

/// What the caller asked for, as audit records show it.
void add_parameters(audit::Record& record, const Approval& approval) {
    Shortened shown = shorten(approval.parameters);
    record.parameters = std::move(shown.parameters);
    if (shown.cut) record.details["parameters_digest"] = shown.digest;
}

/// Of a call that ended without having run (again).
audit::Record end_of(const Approval& approval, std::string_view status, TimePoint now) {
    audit::Record record = record_of(approval, "call.finished", now);
    add_parameters(record, approval);
    record.execution = boost::json::object{{"status", status}, {"attempts", 0}};
    if (approval.state() == State::detached) {
        record.details["task"] = approval.id;
    } else {
        record.approval = boost::json::object{{"id", approval.id}};
    }
    return record;
}

/// What an effect is called in the audit log; "" where it leaves no record.
std::string_view audit_outcome(Effect effect) {
    switch (effect) {
        case Effect::voted:
            return "approved_in_part";
        case Effect::approved:
            return "approved";
        case Effect::denied:
            return "denied";
        case Effect::expired:
            return "expired";
        case Effect::withdrawn:
            return "withdrawn";
        case Effect::requeued:
            return "waiting";
        case Effect::lost:
            return "unknown";
        default:
            return "";
    }
}

/// Who decided, through what, and how well that was proven.
void add_decision(audit::Record& record, const Operator& who, const event::Decide& decide) {
    record.approval->add("operator", who.name)
        .add("channel", who.channel)
        .add("proof", name(who.proof));
    if (!who.token.empty()) record.details["operator_token"] = who.token;
    if (!who.account.empty()) record.details["operator_account"] = who.account;
    if (!decide.reason.empty()) record.details["reason"] = decide.reason;
}

/// Whose approvals count no more since `before`.
void add_void(audit::Record& record, const Standing& before, const Standing& now) {
    boost::json::array names;
    for (const Vote& vote : before.votes) {
        const bool kept = std::any_of(now.votes.begin(), now.votes.end(), [&](const Vote& other) {
            return same_operator(other.by, vote.by);
        });
        if (!kept) names.emplace_back(vote.by);
    }
    if (!names.empty()) record.details["void_votes"] = std::move(names);
}

std::string_view audit_kind(const Approval& approval, Effect effect) {
    if (approval.state() == State::detached) return "call.lapsed";
    return effect == Effect::requeued || effect == Effect::lost ? "approval.lapsed"
                                                                : "approval.decided";
}

}  // namespace

ApprovalManager::Core::Core(store::Store& store_, const Sealer& sealer_, const Clock& clock_,
                            ManagerOptions options_)
    : store(store_), sealer(sealer_), clock(clock_), options(std::move(options_)) {}

std::string ApprovalManager::Core::call_context(const std::string& id) const {
    return "approval call " + id;
}

std::string ApprovalManager::Core::outcome_context(const std::string& id) const {
    return "approval outcome " + id;
}

audit::Record ApprovalManager::Core::end_of_failed(const Approval& approval,
                                                   const Error& error) const {
    audit::Record record = end_of(approval, "failed", clock.now());
    record.details["message"] = error.message;
    return record;
}

Result<Loaded> ApprovalManager::Core::load(const store::ApprovalStore& approvals,
                                           const std::string& id) const {
    auto row = approvals.find(id);
    if (!row) return row.error();
    if (!*row) return no_such_approval(id);
    auto approval = read_row(**row);
    if (!approval) return approval.error();
    return Loaded{std::move(*approval), std::move(**row)};
}

Result<Loaded> ApprovalManager::Core::load_own(const store::ApprovalStore& approvals,
                                               const std::string& id,
                                               const std::string& caller_key) const {
    auto loaded = load(approvals, id);
    if (loaded && loaded->approval.caller_key != caller_key) return no_such_approval(id);
    return loaded;
}

Result<void> ApprovalManager::Core::notify(store::Transaction& t, std::string_view type,
                                           const Approval& approval) const {
    for (const store::OutboxRow& row :
         outbox_rows(type, approval, clock.now(), options.recipients)) {
        const Result<void> inserted = t.outbox().insert(row);
        if (!inserted) return inserted;
    }
    return {};
}

Result<Effect> ApprovalManager::Core::transition(store::Transaction& t, Loaded& loaded,
                                                 const Event& event, const Operator* who) const {
    const TimePoint now = clock.now();
    Approval& approval = loaded.approval;
    auto step = apply(terms_of(approval), approval.standing, event, now);
    if (!step) return step.error();
    if (step->effect == Effect::none) return Effect::none;
    const Standing before = std::exchange(approval.standing, std::move(step->next));
    // What nobody can run any more is not kept.
    if (is_final(approval.standing)) loaded.row.sealed_call.clear();
    const bool gone = approval.state() == State::detached && is_final(approval.standing);
    if (step->effect == Effect::finished || gone)
        approval.outcome_expires_at = now + options.retention;
    write_row(approval, loaded.row);
    const Result<void> updated = t.approvals().update(loaded.row);
    if (!updated) return updated.error();
    loaded.row.revision = ++approval.revision;

    if (step->effect == Effect::stopped) {
        const Result<void> audited = audit::append(t, end_of(approval, "cancelled", now));
        if (!audited) return audited.error();
    }
    const std::string_view outcome = audit_outcome(step->effect);
    if (!outcome.empty()) {
        audit::Record record = record_of(approval, audit_kind(approval, step->effect), now);
        record.approval = boost::json::object{{"id", approval.id}, {"outcome", outcome}};
        const auto* const decide = std::get_if<event::Decide>(&event);
        if (who != nullptr && decide != nullptr) {
            add_decision(record, *who, *decide);
            add_void(record, before, approval.standing);
        }
        const Result<void> audited = audit::append(t, record);
        if (!audited) return audited.error();
    }
    const std::string_view type = event_type(step->effect);
    if (!type.empty()) {
        const Result<void> notified = notify(t, type, approval);
        if (!notified) return notified.error();
    }
    return step->effect;
}

Approval ApprovalManager::Core::make(const SuspendedCall& call, const std::string& id) const {
    Approval approval;
    approval.id = id;
    approval.call = call.call;
    approval.caller = call.caller;
    approval.caller_key = call.caller_key;
    approval.owner = call.owner;
    approval.action = call.action;
    approval.service = call.service;
    approval.risk = call.risk;
    approval.mutating = call.mutating;
    approval.idempotent = call.idempotent;
    approval.parameters = call.parameters;
    approval.rule = call.rule;
    approval.policy = call.policy;
    approval.binding = call.binding;
    approval.required = std::max(call.spec.required, 1);
    approval.channels = call.spec.channels.empty() ? options.channels : call.spec.channels;
    approval.approvers = call.spec.approvers;
    approval.token_proof = call.spec.token_proof;
    approval.created_at = clock.now();
    approval.expires_at = approval.created_at + call.spec.expires;
    return approval;
}

Result<void> ApprovalManager::Core::check_limits(const store::ApprovalStore& approvals,
                                                 const std::string& caller_key) const {
    const auto pending = approvals.count_pending();
    if (!pending) return pending.error();
    if (*pending >= options.max_pending) {
        return make_error(Errc::rate_limited,
                          std::to_string(*pending) +
                              " calls wait for approval already, the most there may be (operators: "
                              "see `kimbap approval list --state pending`)");
    }
    const auto own = approvals.count_pending(caller_key);
    if (!own) return own.error();
    if (*own >= options.max_pending_per_caller) {
        return make_error(Errc::rate_limited,
                          "this caller has " + std::to_string(*own) +
                              " calls waiting for approval already, the most one may have (wait "
                              "for their decisions, or withdraw some)");
    }
    return {};
}

Result<Requested> ApprovalManager::Core::request(store::Transaction& t, const SuspendedCall& call,
                                                 const std::string& id,
                                                 const std::string& sealed) const {
    const auto known = t.approvals().find_pending(call.caller_key, call.binding);
    if (!known) return known.error();
    if (*known) {
        auto loaded = load(t.approvals(), (*known)->id);
        if (!loaded) return loaded.error();
        const auto expired = transition(t, *loaded, event::Expire{});
        if (!expired) return expired.error();
        if (*expired == Effect::none) return Requested{std::move(loaded->approval), true};
    }
    Result<void> allowed = check_limits(t.approvals(), call.caller_key);
    if (!allowed && allowed.error().code == Errc::rate_limited) {
        const auto freed = make_room(t, call.caller_key);
        if (!freed) return freed.error();
        if (*freed > 0) allowed = check_limits(t.approvals(), call.caller_key);
    }
    if (!allowed) return allowed.error();

    Approval approval = make(call, id);
    store::ApprovalRow row;
    write_row(approval, row);
    row.sealed_call = sealed;
    const auto readable = read_row(row);
    if (!readable) {
        return make_error(Errc::invalid_argument,
                          "the call's parameters are nested too deeply to be kept");
    }
    const Result<void> inserted = t.approvals().insert(row);
    if (!inserted) return inserted.error();
    audit::Record record = record_of(approval, kRequestedType, approval.created_at);
    add_parameters(record, approval);
    record.approval = boost::json::object{{"id", approval.id}, {"outcome", "pending"}};
    record.details["expires_at"] = format_time(approval.expires_at);
    record.details["required"] = approval.required;
    if (!call.confirmation.empty()) record.details["confirmation"] = call.confirmation;
    const Result<void> audited = audit::append(t, record);
    if (!audited) return audited.error();
    const Result<void> notified = notify(t, kRequestedType, approval);
    if (!notified) return notified.error();
    return Requested{std::move(approval), false};
}

Result<void> ApprovalManager::Core::check_decision(const Operator& who, const std::string& reason) {
    if (who.name.empty()) {
        return make_error(Errc::invalid_argument, "an operator needs a name to decide");
    }
    if (reason.size() > kMaxReason) {
        return make_error(Errc::invalid_argument,
                          "the reason has more than " + std::to_string(kMaxReason) + " bytes");
    }
    return {};
}

Result<std::vector<std::string>> ApprovalManager::Core::roles_of(const store::TokenStore& tokens,
                                                                 const Operator& who) const {
    if (who.proof == Proof::token) return who.roles;
    const auto rows = tokens.list();
    if (!rows) return rows.error();
    std::vector<std::string> roles;
    for (const store::TokenRow& row : *rows) {
        const bool over = row.revoked_at || (row.expires_at && *row.expires_at <= clock.now());
        if (!row.is_operator || over || !same_operator(row.name, who.name)) continue;
        roles.insert(roles.end(), row.roles.begin(), row.roles.end());
    }
    return roles;
}

Result<std::vector<std::string>> ApprovalManager::Core::revoked_of(const store::TokenStore& tokens,
                                                                   const std::vector<Vote>& votes) {
    std::vector<std::string> revoked;
    const bool any = std::any_of(votes.begin(), votes.end(),
                                 [](const Vote& vote) { return !vote.token.empty(); });
    if (!any) return revoked;
    const auto rows = tokens.list();
    if (!rows) return rows.error();
    for (const store::TokenRow& row : *rows) {
        if (row.revoked_at) revoked.push_back(row.id);
    }
    return revoked;
}

Result<ApprovalManager::Core::Decision> ApprovalManager::Core::decide(
    store::Transaction& t, const std::string& id, const Operator& who, Verdict verdict,
    const std::string& reason) const {
    auto loaded = load(t.approvals(), id);
    if (!loaded) return loaded.error();
    if (loaded->approval.state() == State::detached) return no_such_approval(id);
    // Expiry is settled first: the decision that came too late must not undo it with its error.
    const auto expired = transition(t, *loaded, event::Expire{});
    if (!expired) return expired.error();
    auto roles = roles_of(t.tokens(), who);
    if (!roles) return roles.error();
    auto revoked = revoked_of(t.tokens(), loaded->approval.standing.votes);
    if (!revoked) return revoked.error();
    const event::Decide decide{who.name,          verdict,   reason,
                               who.channel,       who.proof, who.link,
                               std::move(*roles), who.token, std::move(*revoked)};
    const auto effect = transition(t, *loaded, decide, &who);
    if (!effect && *expired == Effect::none) return effect.error();
    if (!effect) return Decision{std::nullopt, effect.error()};
    return Decision{std::move(loaded->approval), std::nullopt};
}

Result<Examined> ApprovalManager::Core::examine(const std::string& id, const Operator& who) const {
    return store::query(store, [&](const store::Snapshot& s) -> Result<Examined> {
        auto loaded = load(s.approvals(), id);
        if (!loaded) return loaded.error();
        auto roles = roles_of(s.tokens(), who);
        if (!roles) return roles.error();
        const event::Decide decide{who.name, Verdict::deny,    "", who.channel, who.proof,
                                   who.link, std::move(*roles)};
        // Looking at a page writes nothing: the expiry is written by who looks after approvals.
        Examined out{as_expired(std::move(loaded->approval)), std::nullopt};
        const auto step = apply(terms_of(out.approval), out.approval.standing, decide, clock.now());
        if (!step) out.refusal = step.error();
        return out;
    });
}

Result<Approval> ApprovalManager::Core::find(const std::string& id) const {
    return store::query(store, [&](const store::Snapshot& s) -> Result<Approval> {
        auto loaded = load(s.approvals(), id);
        if (!loaded) return loaded.error();
        return std::move(loaded->approval);
    });
}

Result<store::ApprovalMoves> ApprovalManager::Core::moved_since(std::int64_t since) const {
    return store::query(store,
                        [&](const store::Snapshot& s) { return s.approvals().moved_since(since); });
}

Result<Collected> ApprovalManager::Core::collect(const std::string& id,
                                                 const std::string& caller_key) const {
    auto loaded = store::query(store, [&](const store::Snapshot& s) -> Result<Loaded> {
        return load_own(s.approvals(), id, caller_key);
    });
    if (!loaded) return loaded.error();
    Collected collected{std::move(loaded->approval), std::nullopt};
    const auto& until = collected.approval.outcome_expires_at;
    if (loaded->row.sealed_outcome.empty() || !until || clock.now() >= *until) return collected;
    auto outcome = sealer.unseal(loaded->row.sealed_outcome, outcome_context(id));
    if (!outcome) return outcome.error();
    collected.outcome = std::move(*outcome);
    return collected;
}

Result<ApprovalManager::Core::Due> ApprovalManager::Core::look() const {
    const TimePoint now = clock.now();
    return store::query(store, [&](const store::Snapshot& s) -> Result<Due> {
        Due due;
        const auto expired = s.approvals().due_for_expiry(now, kSweepRows);
        if (!expired) return expired.error();
        for (const store::ApprovalRow& row : *expired) due.expired.push_back(row.id);
        for (const ClaimRegistry::Held& held : claims->held()) {
            const auto loaded = load(s.approvals(), held.id);
            if (loaded && loaded->approval.standing.stopping) due.stopping.push_back(held.id);
        }
        const auto approved = s.approvals().to_execute(now, kSweepRows);
        if (!approved) return approved.error();
        for (const store::ApprovalRow& row : *approved) {
            if (row.execution == name(Execution::executing)) {
                due.lapsed.push_back(row.id);
                continue;
            }
            const auto approval = read_row(row);
            if (!approval) continue;  // shown as damaged to whoever looks at it
            const TimePoint decided = approval->standing.decided_at.value_or(approval->created_at);
            if (decided + options.grace <= now) {
                due.sweep.runnable.push_back(row.id);
            } else {
                ++due.sweep.in_grace;
            }
        }
        return due;
    });
}

Result<void> ApprovalManager::Core::settle(store::Transaction& t, Due& due) const {
    due.sweep.expired = 0;
    due.sweep.lapsed = 0;
    const auto apply_all = [&](const std::vector<std::string>& ids, const Event& event,
                               std::size_t& count) -> Result<void> {
        for (const std::string& id : ids) {
            auto loaded = load(t.approvals(), id);
            if (!loaded && loaded.error().code == Errc::storage_failure) return loaded.error();
            if (!loaded) continue;
            const auto effect = transition(t, *loaded, event);
            if (!effect) return effect.error();
            if (*effect != Effect::none) ++count;
        }
        return {};
    };
    const Result<void> expired = apply_all(due.expired, event::Expire{}, due.sweep.expired);
    if (!expired) return expired;
    return apply_all(due.lapsed, event::Lapse{}, due.sweep.lapsed);
}

std::vector<ClaimRegistry::Held> ApprovalManager::Core::renewals() {
    const TimePoint now = clock.now();
    const std::lock_guard lock(mutex_);
    // A clock that was put back must not hold the next one up.
    if (now < next_renewal_ && next_renewal_ - now <= options.lease / 3) return {};
    next_renewal_ = now + options.lease / 3;
    return claims->held();
}

void ApprovalManager::Core::renew_at_once() {
    const std::lock_guard lock(mutex_);
    next_renewal_ = clock.now();
}

Result<void> ApprovalManager::Core::renew(store::Transaction& t,
                                          const std::vector<ClaimRegistry::Held>& held) const {
    for (const ClaimRegistry::Held& one : held) {
        auto loaded = load(t.approvals(), one.id);
        if (!loaded) continue;
        const auto renewed = transition(t, *loaded, event::Renew{one.claimer, options.lease});
        // Finished meanwhile, or lost: its own finish() will say so.
        if (!renewed && renewed.error().code != Errc::conflict) return renewed.error();
    }
    return {};
}

bool ApprovalManager::Core::purge_due() {
    const TimePoint now = clock.now();
    const std::lock_guard lock(mutex_);
    if (now < next_purge_ && next_purge_ - now <= kPurgeEvery) return false;
    next_purge_ = now + kPurgeEvery;
    return true;
}

Result<void> ApprovalManager::Core::purge(store::Transaction& t) const {
    const TimePoint now = clock.now();
    const auto outcomes = t.approvals().purge_outcomes(now);
    if (!outcomes) return outcomes.error();
    const auto deliveries = t.outbox().purge_delivered(now - kDeliveriesKept, kMaxPurged);
    if (!deliveries) return deliveries.error();
    return {};
}

}  // namespace kimbap::approval
