#include "policy/match.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "policy/time_zone.hpp"

namespace kimbap::policy {

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
    return patterns.empty() ||
           std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, text); });
}

std::string_view mismatch(const Match& match, const Request& request) {
    if (!any_matches(match.agents, request.agent)) return "agents";
    if (!any_matches(match.tokens, request.token)) return "tokens";
    if (!any_matches(match.services, request.service)) return "services";
    if (!any_matches(match.actions, request.action) &&
        !any_matches(match.actions, request.action_id)) {
        return "actions";
    }
    if (!any_matches(match.risk, request.risk_level)) return "risk";
    // A caller without roles is in no role, not even "*".
    const bool in_role =
        match.roles.empty() ||
        std::any_of(request.roles.begin(), request.roles.end(),
                    [&](const std::string& role) { return any_matches(match.roles, role); });
    return in_role ? "" : "roles";
}

bool open_at(const TimeWindow& window, unsigned weekday, std::chrono::minutes time) {
    const auto on = [&](unsigned day) { return ((window.weekdays >> day) & 1U) != 0; };
    if (window.after < window.before) {
        return time >= window.after && time < window.before && on(weekday);
    }
    // Across midnight: the early part belongs to the day on which the window began.
    if (time >= window.after) return on(weekday);
    return time < window.before && on((weekday + 6) % 7);
}

bool in_window(const TimeWindow& window, TimePoint now) {
    const auto local = now + window.zone->offset_at(now);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::weekday weekday{std::chrono::sys_days{day.time_since_epoch()}};
    return open_at(window, weekday.c_encoding(),
                   std::chrono::floor<std::chrono::minutes>(local - day));
}

}  // namespace kimbap::policy
