#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// Whether it asks for more or less: gt, gte, lt and lte.
[[nodiscard]] inline bool orders(Operator op) noexcept {
    return op == Operator::gt || op == Operator::gte || op == Operator::lt || op == Operator::lte;
}

/// Three-valued logic (Kleene): `unknown` is what can't be decided, because a field is absent or
/// of another type.
enum class Truth { no, yes, unknown };

[[nodiscard]] inline Truth truth(bool holds) noexcept {
    return holds ? Truth::yes : Truth::no;
}
[[nodiscard]] inline Truth invert(Truth value) noexcept {
    return value == Truth::unknown ? value : truth(value == Truth::no);
}
[[nodiscard]] inline Truth either(Truth a, Truth b) noexcept {
    if (a == Truth::yes || b == Truth::yes) return Truth::yes;
    return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::no;
}
[[nodiscard]] inline Truth both(Truth a, Truth b) noexcept {
    return invert(either(invert(a), invert(b)));
}

/// The left side of a comparison: a JSON value of the arguments, or a plain string of the request.
struct Operand {
    const json::value* value = nullptr;  ///< Null where it is a string of the request.
    std::string_view text;

    [[nodiscard]] bool is_string() const noexcept { return value == nullptr || value->is_string(); }
    [[nodiscard]] std::string_view view() const noexcept {
        return value == nullptr ? text : std::string_view(value->get_string());
    }
};

/// Exact order of two JSON numbers, whatever their kinds: neither 2^53 + 1 nor 2^64 - 1 is rounded
/// to a double on the way. <0, 0 or >0.
[[nodiscard]] int compare_numbers(const json::value& a, const json::value& b) noexcept;
/// Deep equality with exact numbers (1 equals 1.0).
[[nodiscard]] bool equal_values(const json::value& a, const json::value& b) noexcept;

/// Whether `operand op value` holds; `pattern` is the compiled one of `matches`. Not for `exists`.
/// Allocates nothing (RE2 may grow its cache the first times).
[[nodiscard]] Truth compare(Operator op, const Operand& operand, const json::value& value,
                            const re2::RE2* pattern);

}  // namespace kimbap::policy
