#pragma once

#include <string>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// Three-valued logic (Kleene): `unknown` is a condition that can't be decided, because its field
/// is absent or of another type.
enum class Truth { no, yes, unknown };

[[nodiscard]] Truth evaluate(const Condition& condition, const Request& request);
/// The conjunction of a rule's conditions. Allocates nothing.
[[nodiscard]] Truth evaluate_all(const std::vector<Condition>& conditions, const Request& request);

/// Whether conditions of that truth count as met: what can't be decided never helps the caller.
[[nodiscard]] inline bool counts(Truth truth, Outcome decision) noexcept {
    return truth == Truth::yes || (truth == Truth::unknown && decision != Outcome::allow);
}

/// "args.amount gt 5000 (is 9900)": for explanations.
[[nodiscard]] std::string describe(const Condition& condition, const Request& request);

/// Whether `field` is one that requests have.
[[nodiscard]] bool is_field(std::string_view field);

}  // namespace kimbap::policy
