#include <algorithm>
#include <limits>

#include "policy/compiled.hpp"
#include "policy/condition.hpp"
#include "policy/match.hpp"
#include "policy/policy.hpp"

namespace kimbap::policy {

namespace {

std::string_view scope_value(const Rule& rule, const Request& request) {
    switch (rule.rate->scope) {
        case Scope::agent:
            return request.agent;
        case Scope::token:
            return request.token.empty() ? request.agent : request.token;
        case Scope::action:
            return request.action_id;
        case Scope::global:
            return "";
        case Scope::role:
            break;
    }
    for (const std::string& role : request.roles) {
        if (any_matches(rule.match.roles, role)) return role;
    }
    return "";
}

std::chrono::milliseconds ask(const Rule& rule, const Request& request, TimePoint now,
                              RateLimiter& limiter, bool take) {
    thread_local std::string key;  // keeps its memory: deciding allocates nothing
    key.assign(rule.id).push_back('\n');
    key.append(name(rule.rate->scope)).push_back('\n');
    key.append(scope_value(rule, request));
    return limiter.ask(key, *rule.rate, now, take);
}

/// Why a rule whose match and time fit does or doesn't decide.
std::string reasons(const Rule& rule, Truth truth, const Request& request) {
    std::string out = rule.conditions.empty() ? "matches" : "";
    for (const Condition& condition : rule.conditions) {
        out += (out.empty() ? "" : "; ") + describe(condition, request);
    }
    if (truth == Truth::unknown) {
        out += rule.decision == Outcome::allow
                   ? " (undecided conditions never allow)"
                   : " (undecided conditions count as met in this rule)";
    }
    if (rule.rate && counts(truth, rule.decision)) {
        out += "; rate limit: " + std::to_string(rule.rate->max_requests) + " in " +
               std::to_string(rule.rate->window.count()) + " s per " +
               std::string(name(rule.rate->scope));
    }
    return out;
}

}  // namespace

template <class Visit>
void PolicySet::candidates(const Request& request, Visit visit) const {
    constexpr Index::Position none = std::numeric_limits<Index::Position>::max();
    Index::Lists lists;
    compiled_->index.find(request, lists);
    for (;;) {
        Index::Position next = none;
        for (const auto& list : lists) {
            if (!list.empty()) next = std::min(next, list.front());
        }
        if (next == none) return;
        for (auto& list : lists) {
            if (!list.empty() && list.front() == next) list = list.subspan(1);
        }
        if (visit(next)) return;
    }
}

Decision PolicySet::decide(const Request& request, TimePoint now, RateLimiter* limiter) const {
    Decision decision;
    candidates(request, [&](Index::Position position) {
        const Rule& rule = rules_[position];
        if (!mismatch(rule.match, request).empty()) return false;
        if (rule.window && !in_window(*rule.window, now)) return false;
        if (!counts(compiled_->programs[position].evaluate(request), rule.decision)) return false;
        decision.rule = &rule;
        decision.outcome = rule.decision;
        if (rule.rate && limiter != nullptr && rule.decision != Outcome::deny) {
            decision.wait = ask(rule, request, now, *limiter, rule.decision == Outcome::allow);
            if (decision.wait.count() > 0) decision.outcome = Outcome::deny;
        }
        return true;
    });
    return decision;
}

std::chrono::milliseconds PolicySet::take_allowance(const Rule& rule, const Request& request,
                                                    TimePoint now, RateLimiter& limiter) const {
    if (!rule.rate) return std::chrono::milliseconds{0};
    return ask(rule, request, now, limiter, true);
}

PolicySet::Prospect PolicySet::prospect(const Request& request) const {
    Prospect prospect;
    candidates(request, [&](Index::Position position) {
        const Rule& rule = rules_[position];
        if (!mismatch(rule.match, request).empty()) return false;
        const Truths truths = compiled_->programs[position].possible(request);
        bool may = false;
        bool must = !rule.window;
        for (const Truth truth : {Truth::no, Truth::yes, Truth::unknown}) {
            if ((truths & only(truth)) == 0) continue;
            const bool met = counts(truth, rule.decision);
            may = may || met;
            must = must && met;
        }
        if (may && rule.decision != Outcome::deny) prospect.possible = true;
        if (may && rule.decision == Outcome::require_approval) prospect.approval = true;
        return must;
    });
    return prospect;
}

std::vector<Considered> PolicySet::explain(const Request& request, TimePoint now) const {
    std::vector<Considered> out;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        const Rule& rule = rules_[i];
        Considered step{&rule, false, ""};
        const std::string_view outside = mismatch(rule.match, request);
        if (!outside.empty()) {
            step.why = "match." + std::string(outside) + " does not fit";
        } else if (rule.window && !in_window(*rule.window, now)) {
            step.why = "outside its time window";
        } else {
            const Truth truth = compiled_->programs[i].evaluate(request);
            step.decided = counts(truth, rule.decision);
            step.why = reasons(rule, truth, request);
        }
        out.push_back(std::move(step));
        if (out.back().decided) break;
    }
    return out;
}

}  // namespace kimbap::policy
