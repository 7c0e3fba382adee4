#include "policy/cover.hpp"

#include <algorithm>
#include <optional>

#include "base/glob.hpp"
#include "policy/compare.hpp"
#include "policy/field.hpp"
#include "policy/match.hpp"
#include "policy/risk_level.hpp"

namespace kimbap::policy {

namespace {

using Patterns = std::vector<std::string>;

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
        return parts ? any_covers(outer.actions, parts->action) : is_plain(action) && named(action);
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

/// The characters of UTF-8, of which `?` stands for one.
std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
        out.push_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

bool lists_meet(const Patterns& one, const Patterns& other) {
    return one.empty() || other.empty() ||
           std::any_of(one.begin(), one.end(), [&](const std::string& pattern) {
               return std::any_of(other.begin(), other.end(),
                                  [&](const std::string& its) { return globs_meet(pattern, its); });
           });
}

bool risks_meet(const Patterns& one, const Patterns& other) {
    return std::any_of(kRiskLevels.begin(), kRiskLevels.end(), [&](std::string_view level) {
        return any_matches(one, level) && any_matches(other, level);
    });
}

/// Actions that a rule matches: of services that fit all these patterns, those that fit this one.
struct Target {
    std::vector<std::string_view> services;
    std::string_view action;
};

/// A pattern without a dot is taken for the bare name's alone: `s*` fits `shop.list`, too.
std::vector<Target> targets_of(const Match& match) {
    static const Patterns any{"*"};
    std::vector<Target> out;
    for (const std::string& service : match.services.empty() ? any : match.services) {
        for (const std::string& action : match.actions.empty() ? any : match.actions) {
            if (const auto parts = parts_of(action)) {
                out.push_back({{service, parts->service}, parts->action});
            } else {
                out.push_back({{service}, action});
            }
        }
    }
    return out;
}

/// Whether some service fits all of them, as far as it can be told.
bool all_meet(std::vector<std::string_view> patterns) {
    std::erase(patterns, "*");
    std::sort(patterns.begin(), patterns.end());
    patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
    const auto whole = std::find_if(patterns.begin(), patterns.end(), is_plain);
    if (whole != patterns.end()) {
        return std::all_of(patterns.begin(), patterns.end(),
                           [&](std::string_view pattern) { return glob_match(pattern, *whole); });
    }
    return patterns.size() < 2 || (patterns.size() == 2 && globs_meet(patterns[0], patterns[1]));
}

bool targets_meet(const Match& one, const Match& other) {
    const auto targets = targets_of(one);
    const auto others = targets_of(other);
    return std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
        return std::any_of(others.begin(), others.end(), [&](const Target& its) {
            if (!globs_meet(target.action, its.action)) return false;
            std::vector<std::string_view> services = target.services;
            services.insert(services.end(), its.services.begin(), its.services.end());
            return all_meet(std::move(services));
        });
    });
}

/// Whether both are open at once; those of different zones are taken to be.
bool windows_meet(const std::optional<TimeWindow>& one, const std::optional<TimeWindow>& other) {
    if (!one || !other || one->zone_name != other->zone_name) return true;
    for (unsigned weekday = 0; weekday < 7; ++weekday) {
        for (const auto time : {std::chrono::minutes{0}, one->after, other->after}) {
            if (open_at(*one, weekday, time) && open_at(*other, weekday, time)) return true;
        }
    }
    return false;
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

bool globs_meet(std::string_view one, std::string_view other) {
    if (is_plain(one)) return glob_match(other, one);
    if (is_plain(other)) return glob_match(one, other);
    // Most differ before their first wildcard.
    const std::string_view head = glob_head(one);
    const std::string_view other_head = glob_head(other);
    const std::size_t both = std::min(head.size(), other_head.size());
    if (head.substr(0, both) != other_head.substr(0, both)) return false;
    const auto ones = characters(one);
    const auto others = characters(other);
    const std::size_t width = others.size();
    std::vector<bool> row(width + 1);    // [j]: whether ones from i on and others from j on meet
    std::vector<bool> below(width + 1);  // the same of i + 1
    for (std::size_t i = ones.size() + 1; i-- > 0;) {
        std::swap(row, below);
        for (std::size_t j = width + 1; j-- > 0;) {
            const bool more = i < ones.size();
            const bool other_more = j < width;
            if (more && ones[i] == "*") {
                row[j] = below[j] || (other_more && row[j + 1]);
            } else if (other_more && others[j] == "*") {
                row[j] = row[j + 1] || (more && below[j]);
            } else if (more && other_more) {
                row[j] =
                    (ones[i] == others[j] || ones[i] == "?" || others[j] == "?") && below[j + 1];
            } else {
                row[j] = !more && !other_more;
            }
        }
    }
    return row[0];
}

bool overlap(const Rule& one, const Rule& other) {
    return lists_meet(one.match.agents, other.match.agents) &&
           lists_meet(one.match.tokens, other.match.tokens) &&
           targets_meet(one.match, other.match) && risks_meet(one.match.risk, other.match.risk) &&
           windows_meet(one.window, other.window);
}

bool covers(const Match& outer, const Match& inner) {
    // A caller without roles is in no role, not even "*".
    if (!outer.roles.empty() && inner.roles.empty()) return false;
    // The cheap lists first: lint compares every rule with every earlier one.
    return covers_services(outer, inner) && covers_list(outer.agents, inner.agents) &&
           covers_list(outer.tokens, inner.tokens) && covers_list(outer.roles, inner.roles) &&
           covers_risk(outer.risk, inner.risk) && covers_actions(outer, inner);
}

bool contains(const Rule& outer, const Rule& inner) {
    if (!covers(outer.match, inner.match)) return false;
    if (outer.window && !covers(*outer.window, inner.window)) return false;
    return std::all_of(
        outer.conditions.begin(), outer.conditions.end(), [&](const Condition& needed) {
            return std::any_of(inner.conditions.begin(), inner.conditions.end(),
                               [&](const Condition& given) { return same(needed, given); });
        });
}

bool always_decided(const Condition& test) {
    const auto field = parse_field(test.field);
    if (test.kind != Condition::Kind::test || !field) return false;
    if (test.op == Operator::exists) {
        // A path through members may be read in two ways, and then can't be decided.
        return std::all_of(field->steps.begin(), field->steps.end(),
                           [](const FieldPath::Step& step) { return step.names.size() < 2; });
    }
    const auto fits = [&](const json::value& value) {
        return field->kind == FieldPath::Kind::risk_mutating ? value.is_bool() : value.is_string();
    };
    switch (field->kind) {
        case FieldPath::Kind::args:
        case FieldPath::Kind::token:
        case FieldPath::Kind::client_name:
            return false;
        default:
            break;
    }
    if (test.op == Operator::in || test.op == Operator::not_in) {
        const json::array& list = test.value.get_array();
        return std::all_of(list.begin(), list.end(), fits);
    }
    return fits(test.value) && (field->kind != FieldPath::Kind::risk_mutating ||
                                test.op == Operator::eq || test.op == Operator::ne);
}

bool leaves_nothing(const Rule& earlier, const Rule& later) {
    // Undecided conditions are met in the later rule, and not in the earlier one.
    const bool differ = earlier.decision == Outcome::allow && later.decision != Outcome::allow;
    return !differ ||
           std::all_of(earlier.conditions.begin(), earlier.conditions.end(), always_decided);
}

bool contradicts_itself(const Match& match) {
    if (match.services.empty() || match.actions.empty()) return false;
    return std::all_of(match.actions.begin(), match.actions.end(), [&](const std::string& action) {
        const auto parts = parts_of(action);
        if (!parts || !is_plain(parts->service)) return false;
        return std::none_of(
            match.services.begin(), match.services.end(),
            [&](const std::string& pattern) { return glob_match(pattern, parts->service); });
    });
}

}  // namespace kimbap::policy
