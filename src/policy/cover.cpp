#include "policy/cover.hpp"

#include <algorithm>
#include <optional>

#include "base/glob.hpp"
#include "policy/compare.hpp"
#include "policy/match.hpp"
#include "policy/risk_level.hpp"

namespace kimbap::policy {

namespace {

using Patterns = std::vector<std::string>;

bool plain(std::string_view pattern) {
    return pattern.find_first_of("*?") == std::string_view::npos;
}

bool any_covers(const Patterns& outer, std::string_view inner) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const std::string& pattern) { return glob_covers(pattern, inner); });
}

bool covers_list(const Patterns& outer, const Patterns& inner) {
    if (outer.empty()) return true;
    if (inner.empty()) return any_covers(outer, "*");
    return std::all_of(inner.begin(), inner.end(),
                       [&](const std::string& pattern) { return any_covers(outer, pattern); });
}

bool covers_risk(const Patterns& outer, const Patterns& inner) {
    if (!inner.empty()) return covers_list(outer, inner);
    static const Patterns all(kRiskLevels.begin(), kRiskLevels.end());
    return covers_list(outer, all);
}

/// Neither services' names nor actions' have a dot: a pattern with one fits identifiers alone, and
/// its parts around the dot fit the service and the action.
struct Parts {
    std::string_view service, action;
};
std::optional<Parts> parts_of(std::string_view action) {
    const std::size_t dot = action.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    return Parts{action.substr(0, dot), action.substr(dot + 1)};
}

/// `actions: [shop.list]` lies within `services: [shop]`.
bool covers_services(const Match& outer, const Match& inner) {
    if (covers_list(outer.services, inner.services)) return true;
    return !inner.actions.empty() &&
           std::all_of(inner.actions.begin(), inner.actions.end(), [&](const std::string& action) {
               const auto parts = parts_of(action);
               return parts && any_covers(outer.services, parts->service);
           });
}

/// Actions go by two names: `services: [shop], actions: [list]` lies within `actions: [shop.*]`,
/// and `actions: [shop.list]` within `actions: [list]`.
bool covers_actions(const Match& outer, const Match& inner) {
    if (covers_list(outer.actions, inner.actions)) return true;
    const auto named = [&](std::string_view action) {
        return !inner.services.empty() &&
               std::all_of(
                   inner.services.begin(), inner.services.end(), [&](const std::string& service) {
                       return any_covers(outer.actions, service + "." + std::string(action));
                   });
    };
    if (inner.actions.empty()) return named("*");
    return std::all_of(inner.actions.begin(), inner.actions.end(), [&](const std::string& action) {
        if (any_covers(outer.actions, action)) return true;
        const auto parts = parts_of(action);
        return parts ? any_covers(outer.actions, parts->action) : plain(action) && named(action);
    });
}

bool same(const Condition& a, const Condition& b) {
    return a.kind == b.kind && a.field == b.field && a.op == b.op &&
           equal_values(a.value, b.value) &&
           std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                      same);
}

/// Whether `outer` is open whenever `inner` is, which is always where there is none. Both change at
/// their own times and at midnight alone: these are looked at, on each day of the week.
bool covers(const TimeWindow& outer, const std::optional<TimeWindow>& inner) {
    const bool one_clock = inner && inner->zone_name == outer.zone_name;
    std::vector<std::chrono::minutes> times{std::chrono::minutes{0}, outer.after, outer.before};
    if (one_clock) times.insert(times.end(), {inner->after, inner->before});
    std::erase(times, std::chrono::hours{24});
    for (unsigned weekday = 0; weekday < 7; ++weekday) {
        for (const auto time : times) {
            // Of another zone's clock it can only be told that always covers it.
            if (one_clock && !open_at(*inner, weekday, time)) continue;
            if (!open_at(outer, weekday, time)) return false;
        }
    }
    return true;
}

}  // namespace

bool glob_covers(std::string_view outer, std::string_view inner) noexcept {
    // glob_match with `inner` as the text, whose own `*` only a `*` takes in, not a `?`.
    constexpr std::size_t none = std::string_view::npos;
    std::size_t o = 0;
    std::size_t i = 0;
    std::size_t star = none;
    std::size_t star_inner = 0;
    while (i < inner.size()) {
        if (o < outer.size() && outer[o] == '*') {
            star = o++;
            star_inner = i;
        } else if (o < outer.size() && inner[i] != '*' &&
                   (outer[o] == '?' || outer[o] == inner[i])) {
            ++o;
            ++i;
        } else if (star != none) {
            o = star + 1;
            i = ++star_inner;
        } else {
            return false;
        }
    }
    while (o < outer.size() && outer[o] == '*') ++o;
    return o == outer.size();
}

bool covers(const Match& outer, const Match& inner) {
    // A caller without roles is in no role, not even "*".
    if (!outer.roles.empty() && inner.roles.empty()) return false;
    // The cheap lists first: lint compares every rule with every earlier one.
    return covers_services(outer, inner) && covers_list(outer.agents, inner.agents) &&
           covers_list(outer.tokens, inner.tokens) && covers_list(outer.roles, inner.roles) &&
           covers_risk(outer.risk, inner.risk) && covers_actions(outer, inner);
}

bool shadows(const Rule& earlier, const Rule& later) {
    if (!covers(earlier.match, later.match)) return false;
    if (earlier.window && !covers(*earlier.window, later.window)) return false;
    if (earlier.conditions.empty()) return true;
    // Undecided conditions are met in the later rule, and not in the earlier one.
    if (earlier.decision == Outcome::allow && later.decision != Outcome::allow) return false;
    return std::all_of(
        earlier.conditions.begin(), earlier.conditions.end(), [&](const Condition& needed) {
            return std::any_of(later.conditions.begin(), later.conditions.end(),
                               [&](const Condition& given) { return same(needed, given); });
        });
}

bool contradicts_itself(const Match& match) {
    if (match.services.empty() || match.actions.empty()) return false;
    return std::all_of(match.actions.begin(), match.actions.end(), [&](const std::string& action) {
        const auto parts = parts_of(action);
        if (!parts || !plain(parts->service)) return false;
        return std::none_of(
            match.services.begin(), match.services.end(),
            [&](const std::string& pattern) { return glob_match(pattern, parts->service); });
    });
}

}  // namespace kimbap::policy
