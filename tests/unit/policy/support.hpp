#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json_text.hpp"
#include "policy/policy.hpp"

namespace kimbap::policy::test {

/// A time zone of the system's tz database.
inline std::optional<std::string> read_system_zone(const std::string& name) {
    std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Loads documents; a fault fails the test and gives null.
inline std::shared_ptr<const PolicySet> load_files(const std::vector<PolicyFile>& files) {
    Faults faults;
    auto set = PolicySet::load(files, read_system_zone, faults);
    EXPECT_TRUE(faults.empty()) << to_string(faults);
    return set;
}

/// Loads "version: 1.0.0" and `rules`, the YAML of the list of rules.
inline std::shared_ptr<const PolicySet> load_rules(const std::string& rules) {
    return load_files({{"p.yaml", "version: 1.0.0\nrules:\n" + rules}});
}

/// A call, as a person would write it down.
struct Call {
    std::string action = "shop.create-order";
    std::string agent = "bot";
    std::string token = "tok_1";
    std::vector<std::string> roles = {"support"};
    std::string risk = "low";
    bool mutating = false;
    std::string client = "claude-code";
    json::object args;
    std::vector<std::string> dotted_args;

    [[nodiscard]] Request request() const {
        Request out;
        out.agent = agent;
        out.token = token;
        out.roles = roles;
        const std::size_t dot = action.find('.');
        out.service = std::string_view(action).substr(0, dot);
        out.action = std::string_view(action).substr(dot + 1);
        out.action_id = action;
        out.risk_level = risk;
        out.mutating = mutating;
        out.client = client;
        out.args = &args;
        out.dotted_args = dotted_args;
        return out;
    }
};

inline json::object args_of(std::string_view text) {
    auto value = parse_json(text);
    EXPECT_TRUE(value) << text;
    return value ? std::move(value->get_object()) : json::object{};
}

inline const TimePoint kNow = from_unix_micros(1'795'435'200'000'000);  // 2026-11-23T12:00:00Z

/// "allow r1", "deny" where no rule matches.
inline std::string decide(const PolicySet& set, const Call& call, TimePoint now = kNow) {
    const Decision decision = set.decide(call.request(), now, nullptr);
    std::string out(name(decision.outcome));
    if (decision.rule != nullptr) out += " " + decision.rule->id;
    return out;
}

/// What a condition (a YAML flow map) comes to for a call: "yes" where even an allow rule takes it
/// as met, "unknown" where only deny and require_approval rules do, "no" where none does.
inline std::string truth_of(const std::string& condition, const Call& call) {
    std::string met;
    for (const char* decision : {"allow", "deny", "require_approval"}) {
        const auto set = load_rules("  - {id: r, conditions: [" + condition +
                                    "], decision: " + decision + "}\n");
        if (set == nullptr) return "refused";
        met += set->decide(call.request(), kNow, nullptr).rule != nullptr ? '1' : '0';
    }
    return met == "111" ? "yes" : met == "011" ? "unknown" : met == "000" ? "no" : met;
}

/// Grants `max_requests` for each key, for ever, and tells others to wait for a window.
class FakeLimiter final : public RateLimiter {
public:
    std::chrono::milliseconds ask(std::string_view key, const RateLimit& limit, TimePoint,
                                  bool take) override {
        ++asked;
        std::uint32_t& used = uses[std::string(key)];
        if (used >= limit.max_requests) return limit.window;
        if (take) ++used;
        return std::chrono::milliseconds{0};
    }
    std::map<std::string, std::uint32_t> uses;
    int asked = 0;
};

}  // namespace kimbap::policy::test
