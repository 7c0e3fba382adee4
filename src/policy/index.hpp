#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// Finds the rules that could match a call without looking at the others.
///
/// Each rule is filed under one of its lists: that whose names the fewest other rules share, as
/// whole names ("create-refund") or as what comes before a glob's first wildcard ("support-" of
/// "support-*"). Rules without any such list are looked at by every call. Immutable.
class Index {
public:
    using Position = std::uint32_t;  ///< Of a rule, in order of consideration.
    using Positions = std::span<const Position>;
    /// Room for what calls usually find; more goes to the heap.
    using Lists = boost::container::small_vector<Positions, 32>;

    Index() = default;
    explicit Index(const std::vector<Rule>& rules);

    /// Lists, each ascending, that together hold every rule which could match.
    void find(const Request& request, Lists& out) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Bucket = std::vector<Position>;
    using Buckets = std::unordered_map<std::string, Bucket, Hash, std::equal_to<>>;

    /// Rules by the names of one list of theirs.
    class Names {
    public:
        void add(std::string_view pattern, Position rule);
        void finish();  ///< Called once, after the last add.
        void find(std::string_view text, Lists& out) const;

    private:
        struct Prefix {
            std::string text;
            Bucket rules;
            std::int32_t shorter = -1;  ///< The next shorter prefix of this prefix.
        };
        Buckets whole_;
        Buckets building_;
        std::vector<Prefix> prefixes_;  ///< Sorted.
    };

    Names actions_;
    Names services_;
    Names agents_;
    Names tokens_;
    Names roles_;
    Bucket general_;
};

}  // namespace kimbap::policy
