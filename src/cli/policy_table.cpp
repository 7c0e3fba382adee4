#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/rules_loader.hpp"
#include "base/json_text.hpp"
#include "base/yaml_reader.hpp"
#include "cli/assumed_caller.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/policy_cases.hpp"
#include "policy/window_limiter.hpp"

namespace kimbap::cli {

namespace {

std::string said(policy::Outcome outcome, std::optional<std::string> rule, std::int64_t wait) {
    std::string out(policy::name(outcome));
    if (rule) out += rule->empty() ? " (no rule)" : " (rule " + *rule + ")";
    if (wait > 0) out += ", to try again in " + std::to_string(wait) + " s";
    return out;
}

struct Verdict {
    bool passed = false;
    policy::Outcome decision = policy::Outcome::deny;
    std::string rule;
    std::int64_t wait = 0;
};

Verdict judge(const pipeline::Rules& rules, const PolicyCase& row, TimePoint now,
              policy::WindowLimiter& limiter) {
    const operator_api::PolicyQuestion question(rules, row.call);
    const policy::Decision decision =
        rules.policy->decide(question.request(), row.at.value_or(now), &limiter);
    Verdict out;
    out.decision = decision.outcome;
    out.rule = std::string(decision.rule_id());
    out.wait = (decision.wait.count() + 999) / 1000;
    out.passed = out.decision == row.decision && (!row.rule || *row.rule == out.rule) &&
                 (!row.wait_seconds || *row.wait_seconds == out.wait);
    return out;
}

/// The config with the table's policies, which are named relative to the table. A table that names
/// its policies needs no configuration; without one no manifest is known.
std::optional<app::Config> config_for(Context& context, const std::string& file,
                                      const PolicyCases& table) {
    app::Config config;
    const bool found = app::find_config(context.config_flag, context.environment).has_value();
    if (found || table.policies.empty()) {
        auto configuration = configured(context);
        if (!configuration) return std::nullopt;
        config = std::move(*configuration);
    } else {
        config.manifests.clear();
    }
    if (table.policies.empty()) return config;
    config.policies = table.policies;
    for (std::string& path : config.policies) {
        path = (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
    }
    return config;
}

/// Rows about actions that no manifest declares must say what is risked, else they would be
/// decided as something that the writer didn't mean.
void check_declared(const pipeline::Rules& rules, const std::string& file, const PolicyCases& table,
                    Faults& faults) {
    for (const PolicyCase& row : table.cases) {
        if (rules.actions->find(row.call.action) != nullptr || !row.call.risk.empty()) continue;
        faults.push_back({file, row.line, row.column,
                          "no manifest declares " + printable(row.call.action) +
                              " (correct it, or give its risk: low, medium, high or critical)"});
    }
}

json::object to_object(const PolicyCase& row, const Verdict& verdict) {
    json::object expected{{"decision", policy::name(row.decision)}};
    if (row.rule) expected["rule"] = row.rule->empty() ? json::value() : json::value(*row.rule);
    if (row.wait_seconds) expected["wait_seconds"] = *row.wait_seconds;
    json::object got{{"decision", policy::name(verdict.decision)},
                     {"rule", verdict.rule.empty() ? json::value() : json::value(verdict.rule)}};
    if (verdict.wait > 0) got["wait_seconds"] = verdict.wait;
    json::object out{{"line", row.line},
                     {"action", row.call.action},
                     {"passed", verdict.passed},
                     {"expected", std::move(expected)},
                     {"got", std::move(got)}};
    if (!row.name.empty()) out["name"] = row.name;
    return out;
}

void run(Context& context, const std::string& file) {
    const auto text = read_file(file);
    if (!text) return report(context, Exit::invalid, text.error().message);
    Faults faults;
    PolicyCases table = read_policy_cases(file, *text, faults);
    if (!faults.empty()) return report(context, Exit::invalid, to_string(faults));
    const auto config = config_for(context, file, table);
    if (!config) return;
    const auto loaded = app::load_rules(*config);
    if (!loaded) return report(context, loaded.error());
    check_declared(*loaded->rules, file, table, faults);
    if (!faults.empty()) return report(context, Exit::invalid, to_string(faults));

    policy::WindowLimiter limiter;
    const TimePoint now = SystemClock{}.now();
    std::size_t failed = 0;
    json::array out;
    for (PolicyCase& row : table.cases) {
        assume_caller(row.call, row.agent_given, row.roles_given, config->stdio);
        const Verdict verdict = judge(*loaded->rules, row, now, limiter);
        failed += verdict.passed ? 0 : 1;
        out.emplace_back(to_object(row, verdict));
        if (verdict.passed || context.json) continue;
        const std::string what = row.name.empty() ? row.call.action : row.name;
        print(file + ":" + std::to_string(row.line) + ":" + std::to_string(row.column) + ": " +
              printable(what) + ": expected " +
              said(row.decision, row.rule, row.wait_seconds.value_or(0)) + ", got " +
              said(verdict.decision, verdict.rule, verdict.wait));
    }
    if (failed > 0) context.exit = Exit::failed;
    if (context.json) {
        return print_json(json::object{{"passed", table.cases.size() - failed},
                                       {"failed", failed},
                                       {"policy", loaded->rules->policy->digest()},
                                       {"calls", std::move(out)}});
    }
    print(counted(table.cases.size(), "call") + ": " +
          (failed == 0 ? "all decided as expected" : std::to_string(failed) + " not as expected"));
}

}  // namespace

void add_policy_test(CLI::App& policy, Context& context) {
    auto* testing =
        policy.add_subcommand("test", "Decide a table of calls and compare with what it expects");
    auto file = std::make_shared<std::string>();
    testing->add_option("file", *file, "The table, YAML: docs/policy.md, \"Tests\"")->required();
    add_json_flag(*testing, context);
    testing->footer(
        "Exit codes: 0 all as expected, 1 some not, 5 the table, a policy or a manifest "
        "has faults.");
    testing->callback([&context, file] { run(context, *file); });
}

}  // namespace kimbap::cli
