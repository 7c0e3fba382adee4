#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/rules_loader.hpp"
#include "app/unknown_names.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/yaml_reader.hpp"
#include "cli/arguments.hpp"
#include "cli/assumed_caller.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "operator_api/policies.hpp"

namespace kimbap::cli {

namespace {

/// Warnings of names that no manifest declares: each costs a search for the nearest.
constexpr std::size_t kMaxUnknownNames = 100;

struct Options {
    std::vector<std::string> paths;
    operator_api::HypotheticalCall call;
    std::vector<std::string> args;
    std::string input, at;
};

json::object to_object(const Fault& fault) {
    return {{"file", fault.file},
            {"line", fault.line},
            {"column", fault.column},
            {"message", fault.message}};
}

void check(Context& context, std::vector<std::string> paths) {
    std::optional<app::Config> config;
    if (paths.empty()) {
        config = configured(context);
        if (!config) return;
        paths = config->policies;
    }
    const auto files = list_yaml_files(paths);
    if (!files) return report(context, Exit::invalid, files.error().message);
    std::vector<policy::PolicyFile> texts;
    for (const std::string& path : *files) {
        auto text = read_file(path);
        if (!text) return report(context, Exit::invalid, text.error().message);
        texts.push_back({path, std::move(*text)});
    }
    Faults faults;
    const auto set = policy::PolicySet::load(texts, app::read_zone, faults);
    if (set && config) faults = app::unknown_channels(*config, *set);
    Faults warnings = set ? set->lint() : Faults{};
    if (set && config) {
        // Manifests with faults of their own are another command's business (service validate).
        if (const auto actions = app::load_actions(*config)) {
            for (Fault& fault : app::unknown_names(*set, **actions, kMaxUnknownNames)) {
                warnings.push_back(std::move(fault));
            }
        }
    }
    if (!faults.empty()) context.exit = Exit::invalid;
    if (context.json) {
        json::array errors;
        json::array notes;
        for (const Fault& fault : faults) errors.push_back(to_object(fault));
        for (const Fault& fault : warnings) notes.push_back(to_object(fault));
        json::object out{{"valid", faults.empty()},
                         {"faults", std::move(errors)},
                         {"warnings", std::move(notes)}};
        if (set) {
            out["rules"] = set->rules().size();
            out["digest"] = set->digest();
        }
        return print_json(out);
    }
    for (const Fault& fault : faults) print(printable(to_string(fault)));
    for (const Fault& fault : warnings) print(printable(to_string(fault)) + " [warning]");
    if (set && faults.empty()) {
        if (set->empty()) print("no rule at all: every call is denied [warning]");
        print("valid: " + counted(set->rules().size(), "rule") + " in " +
              counted(texts.size(), "file") + ", digest " + set->digest());
    }
}

/// An action that no manifest declares is decided all the same, and said so.
bool check_action(Context& context, const pipeline::Rules& rules,
                  const operator_api::HypotheticalCall& call) {
    if (rules.actions->find(call.action) != nullptr) return true;
    std::vector<std::string_view> ids;
    for (const auto& action : rules.actions->actions()) ids.emplace_back(action.id);
    const std::string what = "no manifest declares " + printable(call.action) +
                             suggestion(call.action, ids, "kimbap service list shows them all");
    if (call.action.find('.') == std::string::npos) {
        report(context, Exit::usage, what + "; an action is SERVICE.ACTION");
        return false;
    }
    std::fprintf(stderr, "kimbap: %s: decided as a mutating one of %s risk%s\n", what.c_str(),
                 call.risk.empty() ? "critical" : call.risk.c_str(),
                 call.risk.empty() ? " (--risk asks for another)" : "");
    return true;
}

std::string shown_caller(const operator_api::HypotheticalCall& call) {
    if (call.roles.empty()) return printable(call.agent) + ", no roles";
    return printable(call.agent + (call.roles.size() == 1 ? ", role " : ", roles ") +
                     join(call.roles, ", "));
}

void explain(Context& context, Options& options) {
    const auto config = configured(context);
    if (!config) return;
    TimePoint now = SystemClock{}.now();
    if (!options.at.empty()) {
        const auto at = parse_time(options.at);
        if (!at)
            return report(context, Exit::usage, "--at " + options.at + ": not a time (RFC 3339)");
        now = *at;
    }
    const auto loaded = app::load_rules(*config);
    if (!loaded) return report(context, loaded.error());
    assume_caller(options.call, !options.call.agent.empty(), !options.call.roles.empty(),
                  config->stdio);
    if (options.call.action.empty()) {
        return report(context, Exit::usage, "which action? (kimbap policy explain SERVICE.ACTION)");
    }
    if (!check_action(context, *loaded->rules, options.call)) return;
    auto args = read_arguments(options.args, options.input,
                               loaded->rules->actions->find(options.call.action));
    if (!args) return report(context, Exit::usage, args.error().message);
    options.call.args = std::move(*args);
    const json::object out = operator_api::explain(*loaded->rules, options.call, now);
    if (context.json) return print_json(out);
    for (const auto& fault : out.at("argument_faults").get_array()) {
        std::fprintf(stderr, "kimbap: the call would be refused before policy is asked: %s\n",
                     printable(std::string_view(fault.get_string())).c_str());
    }
    print("decision: " + std::string(out.at("decision").get_string()));
    print("rule:     " +
          (out.at("rule").is_null() ? "none matches" : std::string(out.at("rule").get_string())));
    print("caller:   " + shown_caller(options.call));
    print("considered, in order:");
    for (const auto& step : out.at("considered").get_array()) {
        print("  " + std::string(step.at("decided").get_bool() ? "* " : "- ") +
              std::string(step.at("rule").get_string()) + " (" +
              std::string(step.at("decision").get_string()) +
              "): " + printable(std::string_view(step.at("why").get_string())));
    }
}

}  // namespace

void add_policy(CLI::App& root, Context& context) {
    auto* policy = root.add_subcommand("policy", "Check policy documents and see what they decide");
    policy->require_subcommand(1);
    auto options = std::make_shared<Options>();
    auto* checking =
        policy->add_subcommand("check", "Validate documents; report rules that can never decide");
    checking->add_option("path", options->paths,
                         "Files or folders; the config's policies if left out");
    add_json_flag(*checking, context);
    checking->callback([&context, options] { check(context, options->paths); });
    auto* explaining =
        policy->add_subcommand("explain", "Show the decision for a hypothetical call, and why");
    explaining->add_option("--action,action", options->call.action, "SERVICE.ACTION");
    explaining->add_option("--agent", options->call.agent,
                           "The calling agent; the config's stdio agent if left out");
    explaining
        ->add_option("--role", options->call.roles,
                     "A role of the caller (repeatable); if left out, the config's stdio agent has "
                     "the config's stdio roles, any other none")
        ->allow_extra_args(false);
    explaining->add_option("--token", options->call.token, "The caller's token id, tok_…");
    explaining->add_option("--client", options->call.client, "The MCP client's name");
    explaining
        ->add_option("--risk", options->call.risk,
                     "The risk of an action that no manifest declares; critical if left out")
        ->check(CLI::IsMember({"low", "medium", "high", "critical"}));
    explaining
        ->add_option("--arg", options->args,
                     "An argument, NAME=VALUE, of other types than string as JSON (repeatable)")
        ->allow_extra_args(false);
    explaining->add_option("--input", options->input,
                           "All arguments as JSON, @FILE, or - for stdin");
    explaining->add_option("--at", options->at, "Decide as of this time (RFC 3339)");
    add_json_flag(*explaining, context);
    explaining->callback([&context, options] { explain(context, *options); });
    add_policy_test(*policy, context);
    add_policy_replay(*policy, context);
}

}  // namespace kimbap::cli
