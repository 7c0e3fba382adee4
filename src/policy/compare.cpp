#include "policy/compare.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <limits>

#include "base/glob.hpp"

namespace kimbap::policy {

static_assert(std::numeric_limits<long double>::digits >= 64,
              "comparisons rely on long double holding every 64-bit integer and double exactly");

namespace {

bool is_number(const json::value& value) noexcept {
    return value.is_int64() || value.is_uint64() || value.is_double();
}

long double to_number(const json::value& value) noexcept {
    if (value.is_int64()) return static_cast<long double>(value.get_int64());
    if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
    return static_cast<long double>(value.get_double());
}

Truth equal(const Operand& operand, const json::value& value) {
    if (operand.is_string()) {
        if (!value.is_string()) return Truth::unknown;
        return truth(operand.view() == std::string_view(value.get_string()));
    }
    const bool comparable =
        operand.value->kind() == value.kind() || (is_number(*operand.value) && is_number(value));
    return comparable ? truth(equal_values(*operand.value, value)) : Truth::unknown;
}

Truth ordered(Operator op, const Operand& operand, const json::value& value) {
    int order = 0;
    if (operand.is_string() && value.is_string()) {
        order = operand.view().compare(std::string_view(value.get_string()));
    } else if (!operand.is_string() && is_number(*operand.value) && is_number(value)) {
        order = compare_numbers(*operand.value, value);
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

/// Decided where at least one element of the list is of the operand's type.
Truth in_list(const Operand& operand, const json::value& list) {
    bool decided = false;
    for (const auto& element : list.get_array()) {
        const Truth one = equal(operand, element);
        if (one == Truth::yes) return Truth::yes;
        decided = decided || one == Truth::no;
    }
    return decided ? Truth::no : Truth::unknown;
}

Truth contains(const Operand& operand, const json::value& value) {
    if (operand.is_string()) {
        if (!value.is_string()) return Truth::unknown;
        const std::string_view part = value.get_string();
        return truth(operand.view().find(part) != std::string_view::npos);
    }
    const auto* array = operand.value->if_array();
    if (array == nullptr) return Truth::unknown;
    // An element of another type ("5" for 5) may mean the same to the service: undecided.
    Truth any = Truth::no;
    for (const auto& element : *array) {
        any = either(any, equal(Operand{&element, {}}, value));
        if (any == Truth::yes) break;
    }
    return any;
}

Truth textual(Operator op, std::string_view text, const json::value& value,
              const re2::RE2* pattern) {
    if (op == Operator::matches) {
        return truth(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern));
    }
    const std::string_view wanted = value.get_string();
    switch (op) {
        case Operator::starts_with:
            return truth(text.starts_with(wanted));
        case Operator::ends_with:
            return truth(text.ends_with(wanted));
        default:
            return truth(glob_match(wanted, text));
    }
}

}  // namespace

int compare_numbers(const json::value& a, const json::value& b) noexcept {
    const long double x = to_number(a);
    const long double y = to_number(b);
    return x < y ? -1 : x > y ? 1 : 0;
}

bool equal_values(const json::value& a, const json::value& b) noexcept {
    if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
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

Truth compare(Operator op, const Operand& operand, const json::value& value,
              const re2::RE2* pattern) {
    switch (op) {
        case Operator::eq:
            return equal(operand, value);
        case Operator::ne:
            return invert(equal(operand, value));
        case Operator::gt:
        case Operator::gte:
        case Operator::lt:
        case Operator::lte:
            return ordered(op, operand, value);
        case Operator::in:
            return in_list(operand, value);
        case Operator::not_in:
            return invert(in_list(operand, value));
        case Operator::contains:
            return contains(operand, value);
        default:
            return operand.is_string() ? textual(op, operand.view(), value, pattern)
                                       : Truth::unknown;
    }
}

}  // namespace kimbap::policy
