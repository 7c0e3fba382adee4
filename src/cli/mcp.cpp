#include <CLI/CLI.hpp>

#include "app/listen_address.hpp"
#include "app/process.hpp"
#include "app/relay_process.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"

namespace kimbap::cli {

void add_mcp(CLI::App& root, Context& context) {
    auto* command =
        root.add_subcommand("mcp", "MCP over stdin and stdout: what an agent's config launches");
    auto agent = std::make_shared<std::string>();
    auto server = std::make_shared<std::string>();
    auto* agent_option = command->add_option(
        "--agent", *agent, "Call as this agent instead of the config's stdio.agent");
    command
        ->add_option(
            "--connect", *server,
            "Relay to this running `kimbap serve`, http://HOST:PORT, https://… or unix:PATH, "
            "with KIMBAP_TOKEN; no configuration is read then")
        ->excludes(agent_option);
    command->footer(
        "With KIMBAP_TOKEN set, calls are made as that token's agent. Diagnostics go to "
        "stderr; stdout carries MCP messages alone.");
    command->callback([&context, agent, server] {
        const auto bearer = context.environment("KIMBAP_TOKEN");
        if (!server->empty()) {
            const Result<void> relayed = app::run_relay(*server, bearer);
            if (!relayed) report(context, Exit::usage, "--connect: " + relayed.error().message);
            return;
        }
        auto config = configured(context);
        if (!config) return;
        const Result<void> done = app::run_stdio(std::move(*config), *agent, bearer);
        if (!done) report(context, done.error());
    });
}

void add_serve(CLI::App& root, Context& context) {
    auto* command = root.add_subcommand("serve", "MCP over HTTP, plus the operator API");
    auto listen = std::make_shared<std::string>();
    command->add_option(
        "--listen", *listen,
        "ADDRESS:PORT or unix:PATH instead of the config's http.listen; port 0 takes a free one");
    command->footer(
        "Stops on SIGTERM or SIGINT, letting running calls finish for 10 s; reloads "
        "manifests and policies on SIGHUP and when their files change.");
    command->callback([&context, listen] {
        const auto named = app::parse_listen_address(*listen);
        if (!listen->empty() && !named) {
            return report(context, Exit::usage, "--listen: " + named.error().message);
        }
        auto config = configured(context, "KIMBAP_LISTEN", *listen);
        if (!config) return;
        const Result<void> done = app::run_serve(std::move(*config));
        if (!done) report(context, done.error());
    });
}

}  // namespace kimbap::cli
