#include "policy/program.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>

#include "policy/risk_level.hpp"

namespace kimbap::policy {

namespace {

/// `ne`, `not_in` and `exists: false` as the negation of their positive. Where a field has several
/// values at once (roles, an action's two names) they have to stay its opposite: `roles ne admin`
/// asks that no role is admin.
struct Positive {
    Operator op;
    bool negated;
};

Positive positive(Operator op, const json::value& value) noexcept {
    switch (op) {
        case Operator::ne:
            return {Operator::eq, true};
        case Operator::not_in:
            return {Operator::in, true};
        case Operator::exists:
            return {Operator::exists, value.is_bool() && !value.get_bool()};
        default:
            return {op, false};
    }
}

Truths map_truths(Truths a, Truths b, Truth (*combine)(Truth, Truth)) {
    constexpr std::array<Truth, 3> all{Truth::no, Truth::yes, Truth::unknown};
    Truths out = 0;
    for (const Truth x : all) {
        for (const Truth y : all) {
            if ((a & only(x)) != 0 && (b & only(y)) != 0) out |= only(combine(x, y));
        }
    }
    return out;
}

}  // namespace

Program::Program(const std::vector<Condition>& conditions) {
    if (conditions.empty()) return;
    Condition whole;
    whole.kind = Condition::Kind::all;
    whole.children = conditions;
    add(whole);
}

void Program::add(const Condition& condition) {
    const std::size_t at = nodes_.size();
    nodes_.push_back({condition.kind, 0, static_cast<std::uint32_t>(tests_.size())});
    if (condition.kind == Condition::Kind::test) {
        Test test;
        if (auto field = parse_field(condition.field)) test.field = std::move(*field);
        test.op = condition.op;
        test.value = condition.value;
        test.pattern = condition.pattern;
        if (test.field.kind == FieldPath::Kind::risk_level && orders(test.op)) {
            test.value = risk_rank(test.value.get_string()).value();
        }
        tests_.push_back(std::move(test));
    }
    for (const Condition& child : condition.children) add(child);
    nodes_[at].end = static_cast<std::uint32_t>(nodes_.size());
}

Truth Program::evaluate(const Request& request) const {
    return nodes_.empty() ? Truth::yes : evaluate_node(0, request);
}

Truth Program::evaluate_node(std::uint32_t at, const Request& request) const {
    const Node& node = nodes_[at];
    if (node.kind == Condition::Kind::test) return run(tests_[node.test], request);
    const bool is_any = node.kind == Condition::Kind::any;
    const Truth decisive = truth(is_any);
    Truth out = invert(decisive);
    for (std::uint32_t child = at + 1; child < node.end; child = nodes_[child].end) {
        const Truth one = evaluate_node(child, request);
        if (one == decisive) {
            out = one;
            break;
        }
        if (one == Truth::unknown) out = one;
    }
    return node.kind == Condition::Kind::negation ? invert(out) : out;
}

Truths Program::possible(const Request& request) const {
    return nodes_.empty() ? only(Truth::yes) : possible_node(0, request);
}

Truths Program::possible_node(std::uint32_t at, const Request& request) const {
    const Node& node = nodes_[at];
    if (node.kind == Condition::Kind::test) {
        const Test& test = tests_[node.test];
        const bool open =
            test.field.kind == FieldPath::Kind::args ||
            (test.field.kind == FieldPath::Kind::client_name && request.client.empty());
        if (!open) return only(run(test, request));
        return test.op == Operator::exists ? only(Truth::yes) | only(Truth::no) : kAnyTruth;
    }
    const bool is_any = node.kind == Condition::Kind::any;
    Truths out = only(truth(!is_any));
    for (std::uint32_t child = at + 1; child < node.end; child = nodes_[child].end) {
        out = map_truths(out, possible_node(child, request), is_any ? either : both);
    }
    if (node.kind != Condition::Kind::negation) return out;
    return map_truths(out, out, [](Truth a, Truth) { return invert(a); });
}

Truth Program::run(const Test& test, const Request& request) {
    switch (test.field.kind) {
        case FieldPath::Kind::args:
            return run_args(test, request);
        case FieldPath::Kind::agent:
            return run_text(test, request.agent);
        case FieldPath::Kind::token:
            return run_text(test, request.token);
        case FieldPath::Kind::roles:
            return run_roles(test, request.roles);
        case FieldPath::Kind::service:
            return run_text(test, request.service);
        case FieldPath::Kind::risk_level:
            return run_risk(test, request.risk_level);
        case FieldPath::Kind::client_name:
            return run_text(test, request.client);
        case FieldPath::Kind::risk_mutating: {
            const json::value value(request.mutating);
            return present(test, Operand{&value, {}});
        }
        case FieldPath::Kind::action:
            break;
    }
    // An action goes by two names: what excludes it by one of them excludes it.
    const Truth bare = run_text(test, request.action);
    const Truth full = run_text(test, request.action_id);
    return positive(test.op, test.value).negated ? both(bare, full) : either(bare, full);
}

Truth Program::absent(const Test& test) noexcept {
    if (test.op != Operator::exists) return Truth::unknown;
    return truth(positive(test.op, test.value).negated);
}

Truth Program::present(const Test& test, const Operand& operand) {
    if (test.op == Operator::exists) return truth(!positive(test.op, test.value).negated);
    return compare(test.op, operand, test.value, test.pattern.get());
}

Truth Program::run_text(const Test& test, std::string_view text) {
    return text.empty() ? absent(test) : present(test, Operand{nullptr, text});
}

Truth Program::run_risk(const Test& test, std::string_view level) {
    if (!orders(test.op)) return run_text(test, level);
    // By what is at stake: by their letters "critical" would be less than "high".
    const auto rank = risk_rank(level);
    if (!rank) return Truth::unknown;
    const json::value value(*rank);
    return present(test, Operand{&value, {}});
}

Truth Program::run_roles(const Test& test, std::span<const std::string> roles) {
    const auto [op, negated] = positive(test.op, test.value);
    if (op == Operator::exists) return truth(roles.empty() == negated);
    // Over no roles: none of them fits, which is decided.
    Truth any = Truth::no;
    for (const std::string& role : roles) {
        // `contains` asks whether the list has the role, not whether a role has the text.
        any = either(any, compare(op == Operator::contains ? Operator::eq : op,
                                  Operand{nullptr, role}, test.value, test.pattern.get()));
    }
    return negated ? invert(any) : any;
}

Truth Program::run_args(const Test& test, const Request& request) {
    if (request.args == nullptr) return absent(test);
    const json::object& args = *request.args;
    const std::vector<std::string>& names = test.field.steps.front().names;
    if (request.dotted_args.empty() || names.size() == 1) return run_member(test, args, 0);
    // What the action declares by that name is meant, and nothing else that a caller may send.
    std::optional<Truth> out;
    for (std::size_t more = 1; more < names.size(); ++more) {
        const auto& declared = request.dotted_args;
        if (std::find(declared.begin(), declared.end(), names[more]) == declared.end()) continue;
        const json::value* const value = args.if_contains(names[more]);
        const Truth one = value == nullptr ? absent(test) : run_path(test, *value, more + 1);
        out = out && *out != one ? Truth::unknown : one;
    }
    return out ? *out : run_member(test, args, 0);
}

Truth Program::run_member(const Test& test, const json::object& object, std::size_t step) {
    const std::vector<std::string>& names = test.field.steps[step].names;
    const json::value* const member = object.if_contains(names.front());
    Truth out = member == nullptr ? absent(test) : run_path(test, *member, step + 1);
    // Who sends a member of a dotted name gains nothing by it: the service may not look there.
    for (std::size_t more = 1; more < names.size(); ++more) {
        const json::value* const dotted = object.if_contains(names[more]);
        if (dotted != nullptr && run_path(test, *dotted, step + more + 1) != out) {
            out = Truth::unknown;
        }
    }
    return out;
}

Truth Program::run_path(const Test& test, const json::value& at, std::size_t step) {
    if (step == test.field.steps.size()) return present(test, Operand{&at, {}});
    const FieldPath::Step& next = test.field.steps[step];
    if (next.kind == FieldPath::Step::Kind::member) {
        const auto* object = at.if_object();
        return object == nullptr ? absent(test) : run_member(test, *object, step);
    }
    const auto* array = at.if_array();
    if (array == nullptr || array->empty()) return absent(test);
    if (next.kind == FieldPath::Step::Kind::index) {
        return next.index < array->size() ? run_path(test, (*array)[next.index], step + 1)
                                          : absent(test);
    }
    // `exists: false` asks that no element has it; everything else, whether any element fits.
    const bool none = test.op == Operator::exists && positive(test.op, test.value).negated;
    Truth out = truth(none);
    for (const auto& element : *array) {
        const Truth one = run_path(test, element, step + 1);
        out = none ? both(out, one) : either(out, one);
        if (out == truth(!none)) break;
    }
    return out;
}

}  // namespace kimbap::policy
