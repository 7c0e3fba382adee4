#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// Finds the rules that could match a call without looking at the others: each rule is filed under
/// its most selective list of plain (glob-free) names, or among the few that every call looks at.
struct PolicySet::Index {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Bucket = std::vector<std::uint32_t>;  ///< Positions in rules_, ascending.
    using Buckets = std::unordered_map<std::string, Bucket, Hash, std::equal_to<>>;

    explicit Index(const std::vector<Rule>& rules);

    Buckets by_action;
    Buckets by_service;
    Buckets by_agent;
    Buckets by_token;
    Bucket general;
};

}  // namespace kimbap::policy
