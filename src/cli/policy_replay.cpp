#include <CLI/CLI.hpp>

#include "app/rules_loader.hpp"
#include "audit/reader.hpp"
#include "base/json_text.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gateway_session.hpp"
#include "operator_api/policies.hpp"
#include "pipeline/sanitize.hpp"
#include "policy/window_limiter.hpp"

namespace kimbap::cli {

namespace {

struct Options {
    std::vector<std::string> paths;
    std::string since, agent, action;
};

std::string text_at(const json::object& record, std::string_view outer, std::string_view key) {
    const json::value* holder = record.if_contains(outer);
    if (holder == nullptr || !holder->is_object()) return "";
    const json::value* found = holder->get_object().if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

std::string text_at(const json::object& record, std::string_view key) {
    const json::value* found = record.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

operator_api::HypotheticalCall call_of(const json::object& record) {
    operator_api::HypotheticalCall call;
    call.action = text_at(record, "action");
    call.agent = text_at(record, "caller", "agent");
    call.token = text_at(record, "caller", "token");
    call.client = text_at(record, "caller", "client");
    const json::value* caller = record.if_contains("caller");
    const json::value* roles = caller != nullptr && caller->is_object()
                                   ? caller->get_object().if_contains("roles")
                                   : nullptr;
    if (roles != nullptr && roles->is_array()) {
        for (const auto& role : roles->get_array()) {
            if (role.is_string()) call.roles.emplace_back(role.get_string());
        }
    }
    const json::value* parameters = record.if_contains("parameters");
    if (parameters != nullptr && parameters->is_object()) call.args = parameters->get_object();
    return call;
}

/// Decides the log's calls again, in its order and at its times.
class Replay {
public:
    Replay(const pipeline::Rules& rules, bool as_json) : rules_(rules), as_json_(as_json) {}

    void add(const json::object& record) {
        const std::string kind = text_at(record, "kind");
        const std::string was = text_at(record, "decision", "outcome");
        const bool asked = kind == "approval.requested";
        if (was.empty() || (!asked && kind != "call.finished")) return;
        if (text_at(record, "decision", "by") == "token") return;  // policy wasn't asked
        const auto time = parse_time(text_at(record, "time"));
        const operator_api::HypotheticalCall call = call_of(record);
        const operator_api::PolicyQuestion question(rules_, call);
        if (!time) return;
        if (!asked && was == "require_approval") {
            // Decided where it was requested: here it ran, if it did, and used up an allowance.
            if (question.declared()) use_allowance(record, question, *time);
            return;
        }
        if (!question.declared()) {
            ++undeclared_;
            return;
        }
        ++replayed_;
        // A call that its caller's user was only asked about, or didn't want, used up nothing, nor
        // did one that would be allowed but was refused: it had changed since it was approved.
        const std::string status = text_at(record, "execution", "status");
        const bool used_nothing = status == "asked" || status == "not_confirmed" ||
                                  (status == "denied" && was == "allow");
        const auto decision =
            rules_.policy->decide(question.request(), *time, used_nothing ? nullptr : &limiter_);
        const std::string rule = text_at(record, "decision", "rule");
        const bool same = policy::name(decision.outcome) == was;
        if (same && decision.rule_id() == rule) return;
        if (same) {
            ++other_rule_;
        } else {
            ++differ_;
        }
        if (!same || as_json_) tell(record, call, was, decision, !same);
    }

    void finish() {
        if (as_json_) {
            return print_json(json::object{{"replayed", replayed_},
                                           {"differ", differ_},
                                           {"other_rule", other_rule_},
                                           {"undeclared", undeclared_},
                                           {"policy", rules_.policy->digest()},
                                           {"differences", std::move(differences_)}});
        }
        std::string line = counted(replayed_, "call") +
                           " decided again: " + std::to_string(differ_) + " otherwise, " +
                           std::to_string(other_rule_) + " alike by another rule";
        if (undeclared_ > 0) {
            line +=
                "; " + std::to_string(undeclared_) + " left out, whose action no manifest declares";
        }
        print(line);
    }

private:
    void use_allowance(const json::object& record, const operator_api::PolicyQuestion& question,
                       TimePoint time) {
        const json::value* execution = record.if_contains("execution");
        const json::value* attempts = execution != nullptr && execution->is_object()
                                          ? execution->get_object().if_contains("attempts")
                                          : nullptr;
        if (attempts == nullptr || *attempts == 0) return;
        const auto decision = rules_.policy->decide(question.request(), time, nullptr);
        if (decision.outcome != policy::Outcome::require_approval) return;
        static_cast<void>(
            rules_.policy->take_allowance(*decision.rule, question.request(), time, limiter_));
    }

    void tell(const json::object& record, const operator_api::HypotheticalCall& call,
              const std::string& was, const policy::Decision& decision, bool otherwise) {
        const std::string rule = text_at(record, "decision", "rule");
        const bool certain = pipeline::is_whole(call.args);
        if (!as_json_) {
            const auto by = [](std::string_view id) {
                return id.empty() ? std::string(" (no rule)") : " (" + std::string(id) + ")";
            };
            return print(text_at(record, "time") + "  agent=" + printable(call.agent) +
                         "  action=" + printable(call.action) + "  was=" + was + by(rule) +
                         "  now=" + std::string(policy::name(decision.outcome)) +
                         by(decision.rule_id()) +
                         (certain ? "" : "  [its arguments are not all in the log]"));
        }
        const auto id = [](std::string_view text) {
            return text.empty() ? json::value() : json::value(text);
        };
        differences_.push_back(
            {{"time", text_at(record, "time")},
             {"call", text_at(record, "call")},
             {"agent", call.agent},
             {"action", call.action},
             {"differs", otherwise ? "decision" : "rule"},
             {"was", {{"decision", was}, {"rule", id(rule)}}},
             {"now",
              {{"decision", policy::name(decision.outcome)}, {"rule", id(decision.rule_id())}}},
             {"arguments_known", certain}});
    }

    const pipeline::Rules& rules_;
    bool as_json_;
    policy::WindowLimiter limiter_;
    std::size_t replayed_ = 0, differ_ = 0, other_rule_ = 0, undeclared_ = 0;
    json::array differences_;
};

void run(Context& context, const Options& options) {
    audit::Filter filter;
    filter.agent = options.agent;
    filter.action = options.action;
    if (!options.since.empty()) {
        filter.since = time_or_ago(options.since);
        if (!filter.since) {
            return report(
                context, Exit::usage,
                "--since " + options.since + ": not a time (RFC 3339) or a duration (24h)");
        }
    }
    const auto gateway = open_gateway(context);
    if (!gateway) return;
    app::Config config = gateway->config();
    if (!options.paths.empty()) config.policies = options.paths;
    const auto loaded = app::load_rules(config);
    if (!loaded) return report(context, loaded.error());
    Replay replay(*loaded->rules, context.json);
    const auto read =
        audit::for_each(gateway->store(), filter, [&](std::int64_t, const std::string& line) {
            const auto record = parse_json(line);
            if (record && record->is_object()) replay.add(record->get_object());
        });
    if (!read) return report(context, read.error());
    replay.finish();
}

}  // namespace

void add_policy_replay(CLI::App& policy, Context& context) {
    auto* replaying =
        policy.add_subcommand("replay", "Decide the audit log's calls again, under another policy");
    auto options = std::make_shared<Options>();
    replaying->add_option("path", options->paths,
                          "The policy to try: files or folders; the config's if left out");
    replaying->add_option("--since", options->since,
                          "From this time (RFC 3339) or this long ago (24h)");
    replaying->add_option("--agent", options->agent, "Only this agent's calls");
    replaying->add_option("--action", options->action, "Only calls of this service.action");
    add_json_flag(*replaying, context);
    replaying->callback([&context, options] { run(context, *options); });
}

}  // namespace kimbap::cli
