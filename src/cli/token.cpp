#include <CLI/CLI.hpp>
#include <optional>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gateway_session.hpp"
#include "identity/token_registry.hpp"

namespace kimbap::cli {

namespace {

struct Options {
    std::string agent, operator_name, id;
    std::optional<std::string> ttl;
    std::vector<std::string> roles, actions;
};

void create(Context& context, const Options& options) {
    identity::NewToken wanted;
    wanted.is_operator = !options.operator_name.empty();
    wanted.name = wanted.is_operator ? options.operator_name : options.agent;
    wanted.roles = options.roles;
    wanted.actions = options.actions;
    if (wanted.is_operator == !options.agent.empty()) {
        return report(context, Exit::usage, "name either --agent NAME or --operator NAME");
    }
    if (options.ttl) {
        wanted.ttl = parse_duration(*options.ttl);
        if (!wanted.ttl || wanted.ttl->count() <= 0) {
            return report(context, Exit::usage,
                          "--ttl " + *options.ttl + ": not a duration (like 24h or 30d)");
        }
    }
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    const auto created = gateway->tokens().create(wanted, local_user());
    if (!created) return report_given(context, created.error());
    if (context.json) {
        return print_json(json::object{{"id", created->id}, {"token", created->token.reveal()}});
    }
    print(created->token.reveal());
    std::fflush(stdout);
    std::fprintf(stderr, "%s for %s. This is the only time that the token is shown.\n",
                 created->id.c_str(), wanted.name.c_str());
}

void list(Context& context) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    const auto rows = gateway->tokens().list();
    if (!rows) return report(context, rows.error());
    const TimePoint now = gateway->clock().now();
    json::array out;
    Table table({"ID", "KIND", "NAME", "ROLES", "ACTIONS", "STATE", "CREATED", "EXPIRES"});
    for (const auto& row : *rows) {
        const std::string state = row.revoked_at                             ? "revoked"
                                  : row.expires_at && *row.expires_at <= now ? "expired"
                                                                             : "active";
        json::object one{{"id", row.id},
                         {"kind", row.is_operator ? "operator" : "agent"},
                         {"name", row.name},
                         {"roles", json::array(row.roles.begin(), row.roles.end())},
                         {"actions", json::array(row.actions.begin(), row.actions.end())},
                         {"state", state},
                         {"created_at", format_time(row.created_at)}};
        if (!row.owner.empty()) one["owner"] = row.owner;
        if (row.expires_at) one["expires_at"] = format_time(*row.expires_at);
        if (row.revoked_at) one["revoked_at"] = format_time(*row.revoked_at);
        out.push_back(std::move(one));
        table.add({row.id, row.is_operator ? "operator" : "agent", printable(row.name),
                   join(row.roles, ","), row.actions.empty() ? "*" : join(row.actions, ","), state,
                   format_time(row.created_at),
                   row.expires_at ? format_time(*row.expires_at) : "never"});
    }
    if (context.json) return print_json(json::object{{"tokens", std::move(out)}});
    table.print();
}

}  // namespace

void add_token(CLI::App& root, Context& context) {
    auto* token = root.add_subcommand("token", "Bearer tokens for agents and operators");
    token->require_subcommand(1);
    auto options = std::make_shared<Options>();
    auto* creating = token->add_subcommand("create", "Make a token; it is printed once, on stdout");
    creating->add_option("--agent", options->agent, "For this agent: reaches MCP");
    creating->add_option("--operator", options->operator_name,
                         "For this operator: reaches the operator API");
    creating
        ->add_option(
            "--role", options->roles,
            "A role that policy can match, in match.roles or approval.approvers (repeatable)")
        ->allow_extra_args(false);
    creating
        ->add_option("--action", options->actions,
                     "Only actions that match this glob, like 'github.*' (repeatable)")
        ->allow_extra_args(false);
    creating->add_option("--ttl", options->ttl, "Expires after this long, like 24h or 30d");
    add_json_flag(*creating, context);
    creating->callback([&context, options] { create(context, *options); });
    auto* listing = token->add_subcommand("list", "Every token, without its secret");
    add_json_flag(*listing, context);
    listing->callback([&context] { list(context); });
    auto* revoking = token->add_subcommand("revoke", "Revoke a token at once, in every process");
    revoking->add_option("id", options->id, "tok_…")->required();
    add_json_flag(*revoking, context);
    revoking->callback([&context, options] {
        const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
        if (!gateway) return;
        const Result<void> revoked = gateway->tokens().revoke(options->id, local_user());
        if (!revoked) return report(context, revoked.error());
        if (context.json)
            return print_json(json::object{{"id", options->id}, {"state", "revoked"}});
        print(options->id + ": revoked");
    });
}

}  // namespace kimbap::cli
