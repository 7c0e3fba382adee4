#include "policy/index.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace kimbap::policy {

namespace {

constexpr std::string_view kWildcards = "*?";
/// More names than this are not made of a rule's services times its actions.
constexpr std::size_t kMaxProducts = 64;

using Keys = std::vector<std::string>;
enum Dimension : std::size_t { kActions, kServices, kAgents, kTokens, kRoles, kDimensions };

/// The patterns as keys; none where one of them begins with a wildcard, or there are none.
Keys keys_of(const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
        if (pattern.find_first_of(kWildcards) == 0) return {};
    }
    return patterns;
}

bool all_plain(const std::vector<std::string>& patterns, std::string_view without) {
    return !patterns.empty() &&
           std::all_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
               return pattern.find_first_of(without) == std::string::npos;
           });
}

/// `services: [shop], actions: [list, get-*]` is filed as shop.list and shop.get-*, which fewer
/// rules share than either list.
Keys action_keys(const Match& match) {
    Keys actions = keys_of(match.actions);
    const bool bare = std::all_of(actions.begin(), actions.end(), [](const std::string& action) {
        return action.substr(0, action.find_first_of(kWildcards)).find('.') == std::string::npos;
    });
    // "st*" could match the whole of an identifier: only without a glob is a name surely bare.
    if (!bare || !all_plain(actions, kWildcards) || !all_plain(match.services, kWildcards) ||
        actions.size() * match.services.size() > kMaxProducts) {
        return actions;
    }
    Keys out;
    for (const std::string& service : match.services) {
        for (const std::string& action : actions) out.push_back(service + "." + action);
    }
    return out;
}

std::array<Keys, kDimensions> keys_of(const Match& match) {
    return {action_keys(match), keys_of(match.services), keys_of(match.agents),
            keys_of(match.tokens), keys_of(match.roles)};
}

}  // namespace

Index::Index(const std::vector<Rule>& rules) {
    std::vector<std::array<Keys, kDimensions>> keys;
    std::array<std::unordered_map<std::string, std::size_t>, kDimensions> shared;
    for (const Rule& rule : rules) {
        keys.push_back(keys_of(rule.match));
        for (std::size_t i = 0; i < kDimensions; ++i) {
            for (const std::string& key : keys.back()[i]) ++shared[i][key];
        }
    }
    const std::array<Names*, kDimensions> names{&actions_, &services_, &agents_, &tokens_, &roles_};
    for (Position position = 0; position < rules.size(); ++position) {
        std::size_t best = kDimensions;
        std::size_t best_cost = std::numeric_limits<std::size_t>::max();
        for (std::size_t i = 0; i < kDimensions; ++i) {
            std::size_t cost = 0;
            for (const std::string& key : keys[position][i]) cost = std::max(cost, shared[i][key]);
            if (cost == 0 || cost >= best_cost) continue;
            best = i;
            best_cost = cost;
        }
        if (best == kDimensions) {
            general_.push_back(position);
            continue;
        }
        for (const std::string& key : keys[position][best]) names[best]->add(key, position);
    }
    for (Names* one : names) one->finish();
}

void Index::find(const Request& request, Lists& out) const {
    if (!general_.empty()) out.push_back(general_);
    actions_.find(request.action, out);
    if (request.action_id != request.action) actions_.find(request.action_id, out);
    services_.find(request.service, out);
    agents_.find(request.agent, out);
    tokens_.find(request.token, out);
    for (const std::string& role : request.roles) roles_.find(role, out);
}

void Index::Names::add(std::string_view pattern, Position rule) {
    const std::size_t wildcard = pattern.find_first_of(kWildcards);
    Buckets& buckets = wildcard == std::string_view::npos ? whole_ : building_;
    Bucket& bucket = buckets[std::string(pattern.substr(0, wildcard))];
    if (bucket.empty() || bucket.back() != rule) bucket.push_back(rule);
}

void Index::Names::finish() {
    for (auto& [text, rules] : building_) prefixes_.push_back({text, std::move(rules), -1});
    building_.clear();
    std::sort(prefixes_.begin(), prefixes_.end(),
              [](const Prefix& a, const Prefix& b) { return a.text < b.text; });
    for (std::size_t i = 1; i < prefixes_.size(); ++i) {
        auto candidate = static_cast<std::int32_t>(i) - 1;
        while (candidate >= 0 && !prefixes_[i].text.starts_with(
                                     prefixes_[static_cast<std::size_t>(candidate)].text)) {
            candidate = prefixes_[static_cast<std::size_t>(candidate)].shorter;
        }
        prefixes_[i].shorter = candidate;
    }
}

void Index::Names::find(std::string_view text, Lists& out) const {
    if (!whole_.empty()) {
        const auto found = whole_.find(text);
        if (found != whole_.end()) out.push_back(found->second);
    }
    // Whatever sorts between a prefix of `text` and `text` begins with that prefix too, so all
    // prefixes of it are found by going from the last one not after it to ever shorter ones.
    const auto after = std::upper_bound(
        prefixes_.begin(), prefixes_.end(), text,
        [](std::string_view wanted, const Prefix& prefix) { return wanted < prefix.text; });
    auto at = static_cast<std::int32_t>(after - prefixes_.begin()) - 1;
    while (at >= 0) {
        const Prefix& prefix = prefixes_[static_cast<std::size_t>(at)];
        if (text.starts_with(prefix.text)) out.push_back(prefix.rules);
        at = prefix.shorter;
    }
}

}  // namespace kimbap::policy
