#include "cli/policy_cases.hpp"

#include <array>

#include "base/yaml_reader.hpp"

namespace kimbap::cli {

namespace {

constexpr std::array<std::string_view, 3> kOutcomes{"allow", "deny", "require_approval"};
constexpr std::array<std::string_view, 4> kLevels{"low", "medium", "high", "critical"};

std::optional<TimePoint> read_time(const YamlReader& reader) {
    if (reader.absent()) return std::nullopt;
    auto time = parse_time(reader.string());
    if (!time) {
        reader.fault("not a time (RFC 3339, like \"2026-11-27T21:00:00Z\")");
        return std::nullopt;
    }
    return *time;
}

PolicyCase read_case(const YamlReader& row, std::optional<TimePoint> at) {
    PolicyCase out;
    if (!row.expect_map({"name", "action", "agent", "token", "roles", "client", "risk", "mutating",
                         "args", "at", "decision", "rule", "wait_seconds"})) {
        return out;
    }
    out.line = row.line();
    out.column = row.column();
    out.name = row.get("name").string();
    out.call.action = row.require("action").string();
    out.agent_given = !row.get("agent").absent();
    out.call.agent = row.get("agent").string();
    out.call.token = row.get("token").string();
    out.roles_given = !row.get("roles").absent();
    out.call.roles = row.get("roles").strings();
    out.call.client = row.get("client").string();
    if (const YamlReader risk = row.get("risk"); !risk.absent()) {
        out.call.risk = kLevels[risk.choice(kLevels, 0)];
    }
    out.call.mutating = row.get("mutating").boolean(out.call.risk != "low");
    if (const YamlReader args = row.get("args"); !args.absent()) {
        auto value = args.to_json();
        if (value.is_object()) {
            out.call.args = std::move(value.get_object());
        } else {
            args.fault("not a map of arguments");
        }
    }
    const auto own = read_time(row.get("at"));
    out.at = own ? own : at;
    out.decision = static_cast<policy::Outcome>(row.require("decision").choice(kOutcomes, 1));
    if (const YamlReader rule = row.get("rule"); !rule.absent()) {
        out.rule = rule.is_null() ? "" : rule.string();
    }
    if (const YamlReader wait = row.get("wait_seconds"); !wait.absent()) {
        out.wait_seconds = wait.integer(0, 0);
    }
    return out;
}

}  // namespace

PolicyCases read_policy_cases(const std::string& file, std::string_view text, Faults& faults) {
    PolicyCases out;
    const auto document = parse_yaml(file, text, faults);
    if (!document) return out;
    const YamlReader root(*document, file, faults);
    if (!root.expect_map({"version", "policies", "at", "calls"})) return out;
    out.policies = root.get("policies").strings();
    const auto at = read_time(root.get("at"));
    for (const YamlReader& row : root.require("calls").elements()) {
        out.cases.push_back(read_case(row, at));
    }
    if (faults.empty() && out.cases.empty()) {
        root.get("calls").fault("no calls (add some, each with the decision that is expected)");
    }
    return out;
}

}  // namespace kimbap::cli
