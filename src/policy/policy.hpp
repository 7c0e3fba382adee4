#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/yaml_reader.hpp"

namespace re2 {
class RE2;
}

namespace kimbap::policy {

namespace json = boost::json;

class TimeZone;

enum class Outcome { allow, deny, require_approval };
[[nodiscard]] std::string_view name(Outcome outcome) noexcept;

enum class Operator {
    eq,
    ne,
    gt,
    gte,
    lt,
    lte,
    in,
    not_in,
    contains,
    starts_with,
    ends_with,
    glob,
    matches,
    exists
};
[[nodiscard]] std::string_view name(Operator op) noexcept;

/// A condition, or a group of them.
struct Condition {
    enum class Kind { test, any, all, negation };
    Kind kind = Kind::test;
    std::vector<Condition> children;  ///< Of any, all and not.
    std::string field;
    Operator op = Operator::eq;
    json::value value;
    std::shared_ptr<const re2::RE2> pattern;  ///< Of `matches`.
};

struct Match {
    std::vector<std::string> agents, tokens, roles, services, actions, risk;
};

struct TimeWindow {
    std::chrono::minutes after{0};   ///< Since midnight, local.
    std::chrono::minutes before{0};  ///< Half-open; not after `after` where it crosses midnight.
    std::shared_ptr<const TimeZone> zone;
    std::string zone_name;
    unsigned weekdays = 0x7F;  ///< Bit 0: Sunday. Of the day the window began.
};

enum class Scope { agent, token, role, action, global };
[[nodiscard]] std::string_view name(Scope scope) noexcept;

struct RateLimit {
    std::uint32_t max_requests = 0;
    std::chrono::seconds window{0};
    Scope scope = Scope::agent;
};

struct ApprovalSpec {
    std::optional<int> required;
    std::optional<std::chrono::milliseconds> expires;
    std::vector<std::string> channels;
    /// Globs over operators' names and roles: who may decide. Empty: every operator.
    std::vector<std::string> approvers;
    bool token_proof = false;  ///< A link or chat account doesn't suffice to decide.
};

struct Rule {
    std::string id;
    std::string description;
    std::int64_t priority = 0;
    Match match;
    std::vector<Condition> conditions;
    std::optional<TimeWindow> window;
    std::optional<RateLimit> rate;
    Outcome decision = Outcome::deny;
    ApprovalSpec approval;
    std::string file;
    int line = 0;
    int column = 0;
};

/// A hypothetical or real call, as policy sees it. Views outlive the decision.
struct Request {
    std::string_view agent;
    std::string_view token;
    std::span<const std::string> roles;
    std::string_view service;
    std::string_view action;     ///< Without the service.
    std::string_view action_id;  ///< service.action
    std::string_view risk_level;
    bool mutating = false;
    std::string_view client;
    const json::object* args = nullptr;
    /// Of the action's declared arguments, those whose names have dots and are no path into
    /// another.
    std::span<const std::string> dotted_args{};
};

/// Allowances that all processes share. Thread-safe.
class RateLimiter {
public:
    virtual ~RateLimiter() = default;
    /// 0: granted (and used, where `take`); else how long to wait.
    virtual std::chrono::milliseconds ask(std::string_view key, const RateLimit& limit,
                                          TimePoint now, bool take) = 0;
};

struct Decision {
    Outcome outcome = Outcome::deny;
    const Rule* rule = nullptr;         ///< Null: none matched. Valid while the policy set lives.
    std::chrono::milliseconds wait{0};  ///< Of a used-up allowance.
    [[nodiscard]] std::string_view rule_id() const {
        return rule == nullptr ? std::string_view() : std::string_view(rule->id);
    }
};

/// One step of an explanation: a rule that was considered, and why it did or didn't decide.
struct Considered {
    const Rule* rule = nullptr;
    bool decided = false;
    std::string why;
};

struct PolicyFile {
    std::string path;
    std::string text;
};

/// How the bytes of a time zone (TZif, RFC 8536) are had: the caller reads files, policy doesn't.
using ReadZone = std::function<std::optional<std::string>(const std::string& name)>;

/// A compiled set of policy documents. Immutable, thread-safe.
class PolicySet {
public:
    /// Adds every fault of every file; where there is any, null is returned.
    static std::shared_ptr<const PolicySet> load(std::span<const PolicyFile> files,
                                                 const ReadZone& read_zone, Faults& faults);

    /// The first rule that matches decides; none: deny. An allow uses the rule's allowance up by
    /// one, the others only look. `limiter` may be null where no allowance is to be looked at
    /// (explain).
    [[nodiscard]] Decision decide(const Request& request, TimePoint now,
                                  RateLimiter* limiter) const;
    /// Uses up one of the allowance of the rule that put a call to approval, when it is run.
    [[nodiscard]] std::chrono::milliseconds take_allowance(const Rule& rule, const Request& request,
                                                           TimePoint now,
                                                           RateLimiter& limiter) const;

    /// What calls of this caller to this action could come to, whatever their arguments and the
    /// time.
    struct Prospect {
        bool possible = false;  ///< Allowed or put to approval.
        bool approval = false;  ///< Put to approval, possibly.
    };
    [[nodiscard]] Prospect prospect(const Request& request) const;

    /// Every rule in order of consideration up to the deciding one.
    [[nodiscard]] std::vector<Considered> explain(const Request& request, TimePoint now) const;

    /// Rules that can never decide, and conflicts, as `file:line:column: message`.
    [[nodiscard]] Faults lint() const;

    [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
    /// SHA-256 (hexadecimal) over the rules: equal for equal rules, whatever the comments and
    /// layout.
    [[nodiscard]] const std::string& digest() const { return digest_; }
    [[nodiscard]] bool empty() const { return rules_.empty(); }

private:
    struct Compiled;
    PolicySet();
    /// Visits the positions of the rules that could match, in order, until `visit` returns true.
    template <class Visit>
    void candidates(const Request& request, Visit visit) const;

    std::vector<Rule> rules_;  ///< In order of consideration.
    std::shared_ptr<const Compiled> compiled_;
    std::string digest_;
};

}  // namespace kimbap::policy
