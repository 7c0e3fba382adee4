#pragma once

#include <vector>

#include "policy/index.hpp"
#include "policy/policy.hpp"
#include "policy/program.hpp"

namespace kimbap::policy {

/// What deciding reads: made once from the rules.
struct PolicySet::Compiled {
    explicit Compiled(const std::vector<Rule>& rules) : index(rules) {
        programs.reserve(rules.size());
        for (const Rule& rule : rules) programs.emplace_back(rule.conditions);
    }
    Index index;
    std::vector<Program> programs;  ///< The conditions of the rule of the same position.
};

}  // namespace kimbap::policy
