#include <algorithm>
#include <array>

#include "base/glob.hpp"
#include "policy/condition.hpp"
#include "policy/index.hpp"
#include "policy/policy.hpp"
#include "policy/time_zone.hpp"

namespace kimbap::policy {

namespace {

bool plain(const std::vector<std::string>& patterns) {
    return !patterns.empty() &&
           std::all_of(patterns.begin(), patterns.end(), [](const std::string& pattern) {
               return pattern.find_first_of("*?") == std::string::npos;
           });
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
    return patterns.empty() ||
           std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, text); });
}

bool any_role_matches(const std::vector<std::string>& patterns,
                      std::span<const std::string> roles) {
    return patterns.empty() ||
           std::any_of(roles.begin(), roles.end(),
                       [&](const std::string& role) { return any_matches(patterns, role); });
}

/// The first of a rule's lists that the request falls outside of; "" where it falls into all.
std::string_view mismatch(const Match& match, const Request& request) {
    if (!any_matches(match.agents, request.agent)) return "agents";
    if (!any_matches(match.tokens, request.token)) return "tokens";
    if (!any_matches(match.services, request.service)) return "services";
    if (!match.actions.empty() && !any_matches(match.actions, request.action) &&
        !any_matches(match.actions, request.action_id)) {
        return "actions";
    }
    if (!any_matches(match.risk, request.risk_level)) return "risk";
    if (!any_role_matches(match.roles, request.roles)) return "roles";
    return "";
}

bool in_window(const TimeWindow& window, TimePoint now) {
    const auto local = now + window.zone->offset_at(now);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const auto time = std::chrono::floor<std::chrono::minutes>(local - day);
    const auto on = [&](std::chrono::days back) {
        const std::chrono::weekday weekday{std::chrono::sys_days{day.time_since_epoch() - back}};
        return ((window.weekdays >> weekday.c_encoding()) & 1U) != 0;
    };
    if (window.after < window.before) {
        return time >= window.after && time < window.before && on(std::chrono::days{0});
    }
    // Across midnight: the early part belongs to the day on which the window began.
    if (time >= window.after) return on(std::chrono::days{0});
    return time < window.before && on(std::chrono::days{1});
}

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

}  // namespace

PolicySet::Index::Index(const std::vector<Rule>& rules) {
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        const Match& match = rules[i].match;
        const auto file = [&](Buckets& buckets, const std::vector<std::string>& names) {
            for (const std::string& name : names) {
                Bucket& bucket = buckets[name];
                if (bucket.empty() || bucket.back() != i) bucket.push_back(i);
            }
        };
        if (plain(match.actions)) {
            file(by_action, match.actions);
        } else if (plain(match.tokens)) {
            file(by_token, match.tokens);
        } else if (plain(match.agents)) {
            file(by_agent, match.agents);
        } else if (plain(match.services)) {
            file(by_service, match.services);
        } else {
            general.push_back(i);
        }
    }
}

/// Visits the rules that could match, in order, until `visit` returns true.
template <class Visit>
void PolicySet::candidates(const Request& request, Visit visit) const {
    using Span = std::span<const std::uint32_t>;
    const auto bucket = [](const Index::Buckets& buckets, std::string_view key) -> Span {
        const auto found = buckets.find(key);
        return found == buckets.end() ? Span{} : Span{found->second};
    };
    std::array<Span, 6> lists{Span{index_->general},
                              bucket(index_->by_action, request.action),
                              bucket(index_->by_action, request.action_id),
                              bucket(index_->by_service, request.service),
                              bucket(index_->by_agent, request.agent),
                              bucket(index_->by_token, request.token)};
    for (;;) {
        std::uint32_t next = UINT32_MAX;
        for (const Span& list : lists) {
            if (!list.empty()) next = std::min(next, list.front());
        }
        if (next == UINT32_MAX) return;
        for (Span& list : lists) {
            if (!list.empty() && list.front() == next) list = list.subspan(1);
        }
        if (visit(rules_[next])) return;
    }
}

Decision PolicySet::decide(const Request& request, TimePoint now, RateLimiter* limiter) const {
    Decision decision;
    candidates(request, [&](const Rule& rule) {
        if (!mismatch(rule.match, request).empty()) return false;
        if (rule.window && !in_window(*rule.window, now)) return false;
        if (!counts(evaluate_all(rule.conditions, request), rule.decision)) return false;
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
    candidates(request, [&](const Rule& rule) {
        if (!mismatch(rule.match, request).empty()) return false;
        if (rule.decision != Outcome::deny) prospect.possible = true;
        if (rule.decision == Outcome::require_approval) prospect.approval = true;
        return rule.conditions.empty() && !rule.window;
    });
    return prospect;
}

std::vector<Considered> PolicySet::explain(const Request& request, TimePoint now) const {
    std::vector<Considered> out;
    for (const Rule& rule : rules_) {
        Considered step{&rule, false, ""};
        const std::string_view outside = mismatch(rule.match, request);
        const Truth truth = evaluate_all(rule.conditions, request);
        if (!outside.empty()) {
            step.why = "match." + std::string(outside) + " does not fit";
        } else if (rule.window && !in_window(*rule.window, now)) {
            step.why = "outside its time window";
        } else {
            for (const Condition& condition : rule.conditions) {
                step.why += (step.why.empty() ? "" : "; ") + describe(condition, request);
            }
            if (truth == Truth::unknown) {
                step.why += rule.decision == Outcome::allow
                                ? " (undecided conditions never allow)"
                                : " (undecided conditions count as met in this rule)";
            }
            step.decided = counts(truth, rule.decision);
            if (rule.conditions.empty()) step.why = "matches";
        }
        out.push_back(std::move(step));
        if (out.back().decided) break;
    }
    return out;
}

}  // namespace kimbap::policy
