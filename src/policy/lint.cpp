#include <algorithm>

#include "base/glob.hpp"
#include "policy/policy.hpp"

namespace kimbap::policy {

namespace {

/// Whether everything that `inner` matches is matched by `outer` too, as far as can be told from
/// the patterns.
bool covers(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
    if (outer.empty()) return true;
    if (inner.empty()) return std::find(outer.begin(), outer.end(), "*") != outer.end();
    return std::all_of(inner.begin(), inner.end(), [&](const std::string& pattern) {
        return std::any_of(outer.begin(), outer.end(), [&](const std::string& wider) {
            // A glob matched as text: "a-*" covers "a-b*" and "a-b".
            return wider == pattern || glob_match(wider, pattern);
        });
    });
}

bool covers(const Match& outer, const Match& inner) {
    return covers(outer.agents, inner.agents) && covers(outer.tokens, inner.tokens) &&
           covers(outer.roles, inner.roles) && covers(outer.services, inner.services) &&
           covers(outer.actions, inner.actions) && covers(outer.risk, inner.risk);
}

Fault at(const Rule& rule, std::string message) {
    return {rule.file, rule.line, rule.column, std::move(message)};
}

}  // namespace

Faults PolicySet::lint() const {
    Faults out;
    for (std::size_t later = 0; later < rules_.size(); ++later) {
        const Rule& rule = rules_[later];
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            const Rule& before = rules_[earlier];
            const bool unconditional = before.conditions.empty() && !before.window;
            if (!unconditional || !covers(before.match, rule.match)) continue;
            const bool conflict = before.priority == rule.priority &&
                                  before.decision != rule.decision &&
                                  covers(rule.match, before.match);
            out.push_back(
                at(rule, conflict ? "rule \"" + rule.id + "\" conflicts with \"" + before.id +
                                        "\": same priority, same match, another decision; the "
                                        "earlier one decides (give them different priorities)"
                                  : "rule \"" + rule.id + "\" can never decide: \"" + before.id +
                                        "\" comes first and matches all that it does (give it a "
                                        "lower priority number, or remove it)"));
            break;
        }
    }
    return out;
}

}  // namespace kimbap::policy
