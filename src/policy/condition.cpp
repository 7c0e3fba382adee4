#include "policy/condition.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/glob.hpp"
#include "base/json_text.hpp"

namespace kimbap::policy {

namespace {

constexpr std::array<std::string_view, 9> kFields{"agent",         "token",       "roles",
                                                  "service",       "action",      "risk.level",
                                                  "risk.mutating", "client.name", "args"};

bool is_number(const json::value& value) {
    return value.is_int64() || value.is_uint64() || value.is_double();
}

/// x86-64's long double holds every int64, uint64 and double exactly.
long double to_number(const json::value& value) {
    if (value.is_int64()) return static_cast<long double>(value.get_int64());
    if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
    return static_cast<long double>(value.get_double());
}

Truth truth(bool holds) {
    return holds ? Truth::yes : Truth::no;
}

Truth invert(Truth value) {
    return value == Truth::unknown ? value : truth(value == Truth::no);
}

/// What a field stands for: one JSON value, or a plain string of the request.
struct Operand {
    const json::value* value = nullptr;
    std::string_view text;
    bool is_text = false;

    [[nodiscard]] bool string() const {
        return is_text || (value != nullptr && value->is_string());
    }
    [[nodiscard]] std::string_view view() const {
        return is_text ? text : std::string_view(value->get_string());
    }
};

bool comparable(const Operand& a, const json::value& b) {
    if (a.string()) return b.is_string();
    if (a.value == nullptr) return false;
    return (is_number(*a.value) && is_number(b)) || a.value->kind() == b.kind();
}

/// Deep equality with exact numbers: 1 equals 1.0, inside arrays and objects too.
bool equal_values(const json::value& a, const json::value& b) {
    if (is_number(a) && is_number(b)) return to_number(a) == to_number(b);
    if (a.kind() != b.kind()) return false;
    if (const auto* array = a.if_array()) {
        const auto& other = b.get_array();
        return std::equal(array->begin(), array->end(), other.begin(), other.end(), equal_values);
    }
    if (const auto* object = a.if_object()) {
        const auto& other = b.get_object();
        return object->size() == other.size() &&
               std::all_of(object->begin(), object->end(), [&](const auto& member) {
                   const json::value* twin = other.if_contains(member.key());
                   return twin != nullptr && equal_values(member.value(), *twin);
               });
    }
    return a == b;
}

bool equal(const Operand& a, const json::value& b) {
    if (a.string()) return a.view() == std::string_view(b.get_string());
    return equal_values(*a.value, b);
}

Truth compare(const Operand& a, Operator op, const json::value& b) {
    int order = 0;
    if (a.string() && b.is_string()) {
        order = a.view().compare(std::string_view(b.get_string()));
    } else if (a.value != nullptr && !a.is_text && is_number(*a.value) && is_number(b)) {
        const long double x = to_number(*a.value);
        const long double y = to_number(b);
        order = x < y ? -1 : x > y ? 1 : 0;
    } else {
        return Truth::unknown;
    }
    switch (op) {
        case Operator::gt:
            return truth(order > 0);
        case Operator::gte:
            return truth(order >= 0);
        case Operator::lt:
            return truth(order < 0);
        default:
            return truth(order <= 0);
    }
}

Truth in_list(const Operand& operand, const json::value& list) {
    bool any_comparable = false;
    for (const auto& element : list.get_array()) {
        if (!comparable(operand, element)) continue;
        any_comparable = true;
        if (equal(operand, element)) return Truth::yes;
    }
    return any_comparable || list.get_array().empty() ? Truth::no : Truth::unknown;
}

Truth contains(const Operand& operand, const json::value& value) {
    if (operand.string()) {
        if (!value.is_string()) return Truth::unknown;
        return truth(operand.view().find(std::string_view(value.get_string())) !=
                     std::string_view::npos);
    }
    if (operand.value == nullptr || !operand.value->is_array()) return Truth::unknown;
    // An element of another type ("5" for 5) may mean the same to the service: undecided.
    Truth any = Truth::no;
    for (const auto& element : operand.value->get_array()) {
        const Operand one{&element, {}, false};
        if (!comparable(one, value)) {
            any = Truth::unknown;
        } else if (equal(one, value)) {
            return Truth::yes;
        }
    }
    return any;
}

Truth test_one(const Condition& condition, const Operand& operand) {
    const json::value& value = condition.value;
    switch (condition.op) {
        case Operator::eq:
            return comparable(operand, value) ? truth(equal(operand, value)) : Truth::unknown;
        case Operator::ne:
            return comparable(operand, value) ? truth(!equal(operand, value)) : Truth::unknown;
        case Operator::gt:
        case Operator::gte:
        case Operator::lt:
        case Operator::lte:
            return compare(operand, condition.op, value);
        case Operator::in:
            return in_list(operand, value);
        case Operator::not_in:
            return invert(in_list(operand, value));
        case Operator::contains:
            return contains(operand, value);
        case Operator::exists:
            return truth(value.is_bool() ? value.get_bool() : true);
        default:
            break;
    }
    if (!operand.string()) return Truth::unknown;
    const std::string_view text = operand.view();
    switch (condition.op) {
        case Operator::starts_with:
            return truth(text.starts_with(std::string_view(value.get_string())));
        case Operator::ends_with:
            return truth(text.ends_with(std::string_view(value.get_string())));
        case Operator::glob:
            return truth(glob_match(std::string_view(value.get_string()), text));
        case Operator::matches:
            return truth(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()),
                                                *condition.pattern));
        default:
            return Truth::unknown;
    }
}

Truth absent(const Condition& condition) {
    if (condition.op != Operator::exists) return Truth::unknown;
    return truth(condition.value.is_bool() && !condition.value.get_bool());
}

Truth either(Truth a, Truth b) {
    if (a == Truth::yes || b == Truth::yes) return Truth::yes;
    return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::no;
}

Truth both(Truth a, Truth b) {
    return invert(either(invert(a), invert(b)));
}

/// `ne`, `not_in` and `exists: false`. Where a field has several values at once (roles, an action's
/// two names) they stay the opposite of their positive: `roles ne admin` asks that no role is.
bool negated(const Condition& condition) {
    return condition.op == Operator::ne || condition.op == Operator::not_in ||
           (condition.op == Operator::exists && condition.value.is_bool() &&
            !condition.value.get_bool());
}

/// Follows what is left of a path; `[*]` stands for any element.
Truth test_path(const Condition& condition, const json::value& at, std::string_view path) {
    if (path.empty()) return test_one(condition, Operand{&at, {}, false});
    if (path.front() == '[') {
        const std::size_t close = path.find(']');
        const auto* array = at.if_array();
        if (close == std::string_view::npos || array == nullptr) return absent(condition);
        const std::string_view index = path.substr(1, close - 1);
        std::string_view rest = path.substr(close + 1);
        if (rest.starts_with('.')) rest.remove_prefix(1);
        if (index == "*") {
            if (array->empty()) return absent(condition);
            // `exists: false` asks that no element has it; the others, whether any element fits.
            const bool none = condition.op == Operator::exists && negated(condition);
            Truth out = truth(none);
            for (const auto& element : *array) {
                const Truth one = test_path(condition, element, rest);
                out = none ? both(out, one) : either(out, one);
            }
            return out;
        }
        std::size_t position = 0;
        const auto [end, error] =
            std::from_chars(index.data(), index.data() + index.size(), position);
        if (error != std::errc{} || end != index.data() + index.size() ||
            position >= array->size()) {
            return absent(condition);
        }
        return test_path(condition, (*array)[position], rest);
    }
    const auto* object = at.if_object();
    if (object == nullptr) return absent(condition);
    const std::size_t stop = path.find_first_of(".[");
    const json::value* member = object->if_contains(path.substr(0, stop));
    if (member == nullptr) return absent(condition);
    std::string_view rest = stop == std::string_view::npos ? std::string_view{} : path.substr(stop);
    if (rest.starts_with('.')) rest.remove_prefix(1);
    return test_path(condition, *member, rest);
}

Truth test_text(const Condition& condition, std::string_view text) {
    if (text.empty()) return absent(condition);  // a local caller has no token, say
    return test_one(condition, Operand{nullptr, text, true});
}

Truth test_roles(const Condition& condition, std::span<const std::string> roles) {
    if (roles.empty()) return absent(condition);
    if (condition.op == Operator::contains && !condition.value.is_string()) return Truth::unknown;
    const bool none = negated(condition);
    Truth out = truth(none);
    for (const std::string& role : roles) {
        // `contains` asks whether the list has the role, not whether a role has the text.
        const Truth one = condition.op == Operator::contains
                              ? truth(role == std::string_view(condition.value.get_string()))
                              : test_one(condition, Operand{nullptr, role, true});
        out = none ? both(out, one) : either(out, one);
    }
    return out;
}

Truth test(const Condition& condition, const Request& request) {
    const std::string_view field = condition.field;
    if (field == "args" || field.starts_with("args.") || field.starts_with("args[")) {
        if (request.args == nullptr) return absent(condition);
        std::string_view path = field.substr(4);
        if (path.empty()) return truth(condition.op == Operator::exists);
        if (path.starts_with('.')) path.remove_prefix(1);
        const std::size_t stop = path.find_first_of(".[");
        const json::value* member = request.args->if_contains(path.substr(0, stop));
        if (member == nullptr) return absent(condition);
        std::string_view rest =
            stop == std::string_view::npos ? std::string_view{} : path.substr(stop);
        if (rest.starts_with('.')) rest.remove_prefix(1);
        return test_path(condition, *member, rest);
    }
    if (field == "roles") return test_roles(condition, request.roles);
    if (field == "risk.mutating") {
        const json::value value(request.mutating);
        return test_one(condition, Operand{&value, {}, false});
    }
    if (field == "agent") return test_text(condition, request.agent);
    if (field == "token") return test_text(condition, request.token);
    if (field == "service") return test_text(condition, request.service);
    if (field == "risk.level") return test_text(condition, request.risk_level);
    if (field == "client.name") return test_text(condition, request.client);
    if (field == "action") {
        // An action goes by two names: what excludes it by one of them excludes it.
        const Truth bare = test_text(condition, request.action);
        const Truth full = test_text(condition, request.action_id);
        return negated(condition) ? both(bare, full) : either(bare, full);
    }
    return Truth::unknown;
}

std::string shown(const Condition& condition, const Request& request) {
    const auto text = [](std::string_view value) {
        return value.empty() ? std::string("absent") : "is " + to_json(json::value(value));
    };
    const std::string_view field = condition.field;
    if (field.starts_with("args") && request.args != nullptr) {
        std::string_view path = field.substr(4);
        if (path.starts_with('.')) path.remove_prefix(1);
        const json::value* member =
            request.args->if_contains(path.substr(0, path.find_first_of(".[")));
        return member == nullptr ? "absent" : "is " + to_json(*member).substr(0, 120);
    }
    if (field == "agent") return text(request.agent);
    if (field == "service") return text(request.service);
    if (field == "action") return text(request.action);
    if (field == "risk.level") return text(request.risk_level);
    if (field == "client.name") return text(request.client);
    if (field == "risk.mutating") return request.mutating ? "is true" : "is false";
    return "";
}

}  // namespace

Truth evaluate(const Condition& condition, const Request& request) {
    switch (condition.kind) {
        case Condition::Kind::test:
            return test(condition, request);
        case Condition::Kind::all:
            return evaluate_all(condition.children, request);
        case Condition::Kind::negation:
            return invert(evaluate_all(condition.children, request));
        case Condition::Kind::any:
            break;
    }
    Truth any = Truth::no;
    for (const Condition& child : condition.children) any = either(any, evaluate(child, request));
    return any;
}

Truth evaluate_all(const std::vector<Condition>& conditions, const Request& request) {
    Truth all = Truth::yes;
    for (const Condition& condition : conditions) {
        const Truth one = evaluate(condition, request);
        if (one == Truth::no) return Truth::no;
        if (one == Truth::unknown) all = Truth::unknown;
    }
    return all;
}

std::string describe(const Condition& condition, const Request& request) {
    const Truth result = evaluate(condition, request);
    const std::string_view verdict = result == Truth::yes  ? "holds"
                                     : result == Truth::no ? "does not hold"
                                                           : "cannot be decided";
    if (condition.kind == Condition::Kind::test) {
        const std::string actual = shown(condition, request);
        return condition.field + " " + std::string(name(condition.op)) + " " +
               to_json(condition.value) + (actual.empty() ? "" : " (" + actual + ")") + " " +
               std::string(verdict);
    }
    const std::string_view kind = condition.kind == Condition::Kind::any   ? "any of"
                                  : condition.kind == Condition::Kind::all ? "all of"
                                                                           : "not";
    std::string inner;
    for (const Condition& child : condition.children) {
        inner += (inner.empty() ? "" : "; ") + describe(child, request);
    }
    return std::string(kind) + " [" + inner + "] " + std::string(verdict);
}

bool is_field(std::string_view field) {
    if (field.starts_with("args.") || field.starts_with("args[")) return field.size() > 5;
    return field != "args" && std::find(kFields.begin(), kFields.end(), field) != kFields.end();
}

}  // namespace kimbap::policy
