#include "policy/contradiction.hpp"

#include <algorithm>

#include "policy/compare.hpp"
#include "policy/field.hpp"
#include "policy/risk_level.hpp"

namespace kimbap::policy {

namespace {

/// A test of a field that has one value at most.
struct Needed {
    const Condition* test = nullptr;
    FieldPath::Kind kind = FieldPath::Kind::args;
};

/// The tests that must hold: those of `any` and `not` needn't. Left out are fields with several
/// values at once, each of which may satisfy another test.
void gather(const std::vector<Condition>& conditions, std::vector<Needed>& out) {
    for (const Condition& condition : conditions) {
        if (condition.kind == Condition::Kind::all) gather(condition.children, out);
        if (condition.kind != Condition::Kind::test) continue;
        const auto field = parse_field(condition.field);
        if (!field || field->kind == FieldPath::Kind::roles ||
            field->kind == FieldPath::Kind::action ||
            std::any_of(field->steps.begin(), field->steps.end(),
                        [](const auto& step) { return step.kind == FieldPath::Step::Kind::any; })) {
            continue;
        }
        out.push_back({&condition, field->kind});
    }
}

/// The only values that a test can hold of; nullopt where they can't be counted.
std::optional<json::array> candidates(const Needed& needed) {
    if (needed.kind == FieldPath::Kind::risk_level) {
        return json::array(kRiskLevels.begin(), kRiskLevels.end());
    }
    if (needed.kind == FieldPath::Kind::risk_mutating) return json::array{true, false};
    if (needed.test->op == Operator::eq) return json::array(1, needed.test->value);
    if (needed.test->op == Operator::in) return needed.test->value.get_array();
    return std::nullopt;
}

bool wants_absence(const Condition& test) {
    return test.op == Operator::exists && !test.value.get_bool();
}

bool holds_of(const Needed& needed, const json::value& value) {
    const Condition& test = *needed.test;
    if (test.op == Operator::exists) return test.value.get_bool();
    if (needed.kind == FieldPath::Kind::risk_level && orders(test.op)) {
        const json::value rank(risk_rank(value.get_string()).value());
        const json::value bound(risk_rank(test.value.get_string()).value());
        return compare(test.op, Operand{&rank, {}}, bound, nullptr) == Truth::yes;
    }
    return compare(test.op, Operand{&value, {}}, test.value, test.pattern.get()) == Truth::yes;
}

/// Whether nothing is both above `lower` and below `upper`.
bool leave_nothing(const Condition& lower, const Condition& upper) {
    if ((lower.op != Operator::gt && lower.op != Operator::gte) ||
        (upper.op != Operator::lt && upper.op != Operator::lte)) {
        return false;
    }
    const bool both_ends = lower.op == Operator::gte && upper.op == Operator::lte;
    return compare(both_ends ? Operator::lte : Operator::lt, Operand{&lower.value, {}}, upper.value,
                   nullptr) != Truth::yes;
}

bool contradict(const Needed& one, const Needed& other) {
    if (wants_absence(*one.test) || wants_absence(*other.test)) {
        return wants_absence(*one.test) != wants_absence(*other.test);
    }
    for (const auto& values : {candidates(one), candidates(other)}) {
        if (values) {
            return std::none_of(values->begin(), values->end(), [&](const json::value& value) {
                return holds_of(one, value) && holds_of(other, value);
            });
        }
    }
    return leave_nothing(*one.test, *other.test) || leave_nothing(*other.test, *one.test);
}

}  // namespace

std::optional<std::pair<const Condition*, const Condition*>> contradiction(
    const std::vector<Condition>& conditions) {
    std::vector<Needed> needed;
    gather(conditions, needed);
    for (std::size_t i = 1; i < needed.size(); ++i) {
        for (std::size_t before = 0; before < i; ++before) {
            if (needed[before].test->field == needed[i].test->field &&
                contradict(needed[before], needed[i])) {
                return std::pair(needed[before].test, needed[i].test);
            }
        }
    }
    return std::nullopt;
}

}  // namespace kimbap::policy
