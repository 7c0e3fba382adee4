#include <algorithm>
#include <map>

#include "base/glob.hpp"
#include "base/json_text.hpp"
#include "policy/contradiction.hpp"
#include "policy/cover.hpp"
#include "policy/field.hpp"
#include "policy/policy.hpp"
#include "policy/risk_level.hpp"

namespace kimbap::policy {

namespace {

Fault at(const Rule& rule, const std::string& message) {
    return {rule.file, rule.line, rule.column, "rule \"" + rule.id + "\" " + message};
}

std::string named(const Rule& rule) {
    return "\"" + rule.id + "\" (" + rule.file + ":" + std::to_string(rule.line) + ")";
}

/// What a value is compared with: the value itself, or each element of the list of in and not_in.
std::vector<const json::value*> compared(const Condition& condition) {
    std::vector<const json::value*> out;
    if (condition.op == Operator::in || condition.op == Operator::not_in) {
        for (const auto& element : condition.value.get_array()) out.push_back(&element);
    } else {
        out.push_back(&condition.value);
    }
    return out;
}

std::string shown(const Condition& test) {
    return test.field + " " + std::string(name(test.op)) + " " + to_json(test.value);
}

bool negative(Operator op) {
    return op == Operator::ne || op == Operator::not_in;
}

/// What is odd about one test, whatever the call; "" where nothing is.
std::string oddity(const Condition& test, Outcome decision) {
    const auto field = parse_field(test.field);
    if (!field || test.op == Operator::exists) return "";
    const std::string what = shown(test);
    if (field->kind == FieldPath::Kind::args) {
        const bool any = std::any_of(
            field->steps.begin(), field->steps.end(),
            [](const FieldPath::Step& step) { return step.kind == FieldPath::Step::Kind::any; });
        if (!any || !negative(test.op) || decision != Outcome::allow) return "";
        return "allows where " + what +
               " holds for any one element, whatever the others are (for \"no element is\", write "
               "not: around its opposite)";
    }
    const auto values = compared(test);
    const bool flag = field->kind == FieldPath::Kind::risk_mutating;
    const bool decidable = std::any_of(values.begin(), values.end(), [&](const json::value* value) {
        return flag ? value->is_bool() : value->is_string();
    });
    const bool orders = test.op != Operator::eq && test.op != Operator::in && !negative(test.op);
    if (!decidable || (flag && orders)) {
        return "asks for " + what + ", which can never be decided: " + test.field +
               (flag ? " is true or false (compare with eq)" : " is a string (put it in quotes)");
    }
    if (field->kind != FieldPath::Kind::risk_level || (orders && test.op != Operator::contains)) {
        return "";
    }
    for (const json::value* value : values) {
        const auto* text = value->if_string();
        if (text != nullptr && test.op != Operator::contains && !risk_rank(*text)) {
            return "asks for " + what + ", but the levels are low, medium, high and critical";
        }
    }
    return "";
}

void check_conditions(const Rule& rule, const std::vector<Condition>& conditions, Faults& out) {
    for (const Condition& condition : conditions) {
        if (condition.kind != Condition::Kind::test) {
            check_conditions(rule, condition.children, out);
        } else if (std::string odd = oddity(condition, rule.decision); !odd.empty()) {
            out.push_back(at(rule, odd));
        }
    }
}

/// What a match asks for, as tests; patterns are left out.
std::vector<Condition> implied(const Match& match) {
    std::vector<Condition> out;
    const auto add = [&](std::string_view field, const std::vector<std::string>& names) {
        if (names.empty() || !std::all_of(names.begin(), names.end(), is_plain)) return;
        Condition test;
        test.field = field;
        test.op = Operator::in;
        test.value = json::array(names.begin(), names.end());
        out.push_back(std::move(test));
    };
    add("agent", match.agents);
    add("token", match.tokens);
    add("service", match.services);
    add("risk.level", match.risk);
    return out;
}

/// Whether the conditions of both never hold of one call.
bool exclude(const Rule& one, const Rule& other) {
    std::vector<Condition> conditions = one.conditions;
    conditions.insert(conditions.end(), other.conditions.begin(), other.conditions.end());
    const auto tests = contradiction(conditions);
    if (!tests) return false;
    // What can't be decided counts as matched in both, unless one of them allows.
    return one.decision == Outcome::allow || other.decision == Outcome::allow ||
           (always_decided(*tests->first) && always_decided(*tests->second));
}

void check_alone(const Rule& rule, Faults& out) {
    if (rule.rate && rule.decision == Outcome::deny) {
        out.push_back(at(rule, "denies, so that its rate_limit has no effect (remove it)"));
    }
    if (contradicts_itself(rule.match)) {
        out.push_back(at(rule, "can never decide: its actions belong to none of its services"));
    }
    std::vector<Condition> needed = implied(rule.match);
    needed.insert(needed.end(), rule.conditions.begin(), rule.conditions.end());
    if (const auto tests = contradiction(needed)) {
        const auto decided = [&](const Condition& test) {
            return always_decided(test) || (test.field == "token" && !rule.match.tokens.empty());
        };
        const bool never =
            rule.decision == Outcome::allow || (decided(*tests->first) && decided(*tests->second));
        out.push_back(at(rule, std::string(never ? "can never decide: "
                                                 : "decides only where its conditions can't be "
                                                   "decided: ") +
                                   shown(*tests->first) + " and " + shown(*tests->second) +
                                   " never both hold (for either of them, write any:)"));
    }
    check_conditions(rule, rule.conditions, out);
}

}  // namespace

Faults PolicySet::lint() const {
    Faults out;
    for (std::size_t later = 0; later < rules_.size(); ++later) {
        const Rule& rule = rules_[later];
        check_alone(rule, out);
        const Rule* rival = nullptr;
        std::size_t rivals = 0;
        bool shadowed = false;
        for (std::size_t earlier = 0; earlier < later && !shadowed; ++earlier) {
            const Rule& before = rules_[earlier];
            const bool equal_rank =
                before.priority == rule.priority && before.decision != rule.decision;
            const bool inside = contains(before, rule);
            const bool twins = inside && equal_rank && contains(rule, before);
            if (twins || (inside && leaves_nothing(before, rule))) {
                shadowed = true;
                out.push_back(
                    twins ? at(rule, "conflicts with " + named(before) +
                                         ": same priority, same match, another decision; the "
                                         "earlier one decides (give them different priorities, or "
                                         "remove one)")
                          : at(rule, "can never decide: " + named(before) +
                                         " comes first and matches all that it does (give it a "
                                         "lower priority number, or remove it)"));
            } else if (equal_rank && before.file != rule.file && overlap(before, rule) &&
                       !exclude(before, rule)) {
                if (rivals++ == 0) rival = &before;
            }
        }
        if (shadowed || rivals == 0) continue;
        out.push_back(
            at(rule, "conflicts with " + named(*rival) +
                         (rivals > 1 ? " and " + std::to_string(rivals - 1) + " more" : "") +
                         ": same priority, overlapping match, another decision; only the order of "
                         "the files' names decides (give them different priorities)"));
    }
    return out;
}

}  // namespace kimbap::policy
