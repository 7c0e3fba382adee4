#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "policy/compare.hpp"
#include "policy/field.hpp"

namespace kimbap::policy {

/// A set of truths that something may come to, depending on what isn't known yet.
using Truths = unsigned;
[[nodiscard]] inline Truths only(Truth value) noexcept {
    return 1U << static_cast<unsigned>(value);
}
inline constexpr Truths kAnyTruth = 0b111;

/// Whether conditions of that truth count as met: what can't be decided never helps the caller.
[[nodiscard]] inline bool counts(Truth value, Outcome decision) noexcept {
    return value == Truth::yes || (value == Truth::unknown && decision != Outcome::allow);
}

/// A rule's conditions compiled into one array, in the order of evaluation; a node's `end` is where
/// its subtree ends, so that a decided group is left by one jump. Immutable, thread-safe.
class Program {
public:
    Program() = default;
    /// The conjunction of `conditions`, whose fields and values the loader checked.
    explicit Program(const std::vector<Condition>& conditions);

    [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
    /// What the conditions come to. Allocates nothing.
    [[nodiscard]] Truth evaluate(const Request& request) const;
    /// Everything they could come to for a caller and an action, whatever the arguments, and
    /// whatever the client where the request names none.
    [[nodiscard]] Truths possible(const Request& request) const;

private:
    struct Node {
        Condition::Kind kind = Condition::Kind::all;
        std::uint32_t end = 0;   ///< One past the last node of its subtree.
        std::uint32_t test = 0;  ///< Index into tests_, of a test.
    };
    struct Test {
        FieldPath field;
        Operator op = Operator::eq;
        json::value value;  ///< The rank instead of the name, where levels of risk are ordered.
        std::shared_ptr<const re2::RE2> pattern;
    };

    void add(const Condition& condition);
    [[nodiscard]] Truth evaluate_node(std::uint32_t at, const Request& request) const;
    [[nodiscard]] Truths possible_node(std::uint32_t at, const Request& request) const;
    [[nodiscard]] static Truth run(const Test& test, const Request& request);
    [[nodiscard]] static Truth run_text(const Test& test, std::string_view text);
    [[nodiscard]] static Truth run_risk(const Test& test, std::string_view level);
    [[nodiscard]] static Truth run_roles(const Test& test, std::span<const std::string> roles);
    [[nodiscard]] static Truth run_path(const Test& test, const json::value& at, std::size_t step);
    [[nodiscard]] static Truth run_args(const Test& test, const Request& request);
    [[nodiscard]] static Truth run_member(const Test& test, const json::object& object,
                                          std::size_t step);
    [[nodiscard]] static Truth absent(const Test& test) noexcept;
    [[nodiscard]] static Truth present(const Test& test, const Operand& operand);

    std::vector<Node> nodes_;  ///< The first is an `all` around the rest.
    std::vector<Test> tests_;
};

}  // namespace kimbap::policy
