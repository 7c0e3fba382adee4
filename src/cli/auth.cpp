#include <fcntl.h>
#include <spawn.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "app/lane.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gateway_session.hpp"
#include "oauth/connector.hpp"
#include "oauth/loopback_receiver.hpp"
#include "oauth/needed_scopes.hpp"

extern char** environ;

namespace kimbap::cli {

namespace {

constexpr std::chrono::seconds kPatience{300};

struct ConnectOptions {
    std::string provider;
    std::string name{oauth::kDefaultConnection};
    std::string flow;
    std::vector<std::string> scopes;
    std::uint16_t port = 0;
    bool no_browser = false;
};

/// Shows what the operator has to do now; on stderr, as it is no result.
void say(const std::string& line) {
    std::fprintf(stderr, "%s\n", line.c_str());
    std::fflush(stderr);
}

/// Asks the desktop to open the page, where there is one; the address is printed all the same.
void open_browser(const std::string& url) {
    if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
    std::string program = "xdg-open";
    std::string argument = url;
    char* const arguments[] = {program.data(), argument.data(), nullptr};
    pid_t child = 0;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    // Not waited for: on some desktops it ends with the browser only, which has to be answered.
    static_cast<void>(::posix_spawnp(&child, program.c_str(), &files, nullptr, arguments, environ));
    posix_spawn_file_actions_destroy(&files);
}

std::optional<oauth::Flow> flow_of(const ConnectOptions& options, const oauth::Provider& provider) {
    if (options.flow == "browser") return oauth::Flow::authorization_code;
    if (options.flow == "device") return oauth::Flow::device;
    if (options.flow == "client-credentials") return oauth::Flow::client_credentials;
    const bool by_browser =
        provider.offers(oauth::Flow::authorization_code) && provider.loopback.allowed;
    if (by_browser) return oauth::Flow::authorization_code;
    for (const oauth::Flow flow : {oauth::Flow::device, oauth::Flow::client_credentials}) {
        if (provider.offers(flow)) return flow;
    }
    return std::nullopt;
}

Task<Result<oauth::Connection>> by_browser(app::Gateway& gateway, Session& session,
                                           oauth::ConnectionWish wish,
                                           const oauth::Provider& provider,
                                           const ConnectOptions& options) {
    if (!provider.loopback.allowed) {
        co_return make_error(Errc::unsupported,
                             provider.name +
                                 " sends browsers to https addresses only: connect through "
                                 "a running server with an https http.public_url (POST "
                                 "/v1/connections)");
    }
    oauth::LoopbackReceiver receiver(session.lane().context, provider.loopback);
    const auto redirect_uri = receiver.listen(options.port);
    if (!redirect_uri) co_return redirect_uri.error();
    auto starting = gateway.connector().start(std::move(wish), *redirect_uri, session.lane().http);
    auto attempt = co_await std::move(starting);
    if (!attempt) co_return attempt.error();
    const std::string url = oauth::authorization_url(*attempt, provider);
    say("Open this address in your browser and allow kimbap there:\n\n  " + url + "\n");
    if (!options.no_browser) open_browser(url);
    auto waiting = receiver.answer(attempt->state, kPatience);
    auto query = co_await std::move(waiting);
    if (!query) co_return query.error();
    auto finishing =
        gateway.connector().finish(std::move(*attempt), std::move(*query), session.lane().http);
    co_return co_await std::move(finishing);
}

Task<Result<oauth::Connection>> by_device(app::Gateway& gateway, Session& session,
                                          oauth::ConnectionWish wish) {
    auto starting = gateway.connector().start_device(std::move(wish), session.lane().http);
    auto attempt = co_await std::move(starting);
    if (!attempt) co_return attempt.error();
    say("Open " + attempt->device.verification_uri + " on any device and enter the code\n\n  " +
        attempt->device.user_code + "\n");
    if (!attempt->device.verification_uri_complete.empty()) {
        say("or open " + attempt->device.verification_uri_complete + "\n");
    }
    auto finishing =
        gateway.connector().finish_device(std::move(*attempt), {}, session.lane().http);
    co_return co_await std::move(finishing);
}

void connect(Context& context, const ConnectOptions& options) {
    const auto gateway = open_gateway(context);
    if (!gateway) return;
    const auto id = oauth::parse_connection_id(options.provider + "." + options.name);
    if (!id) return report(context, Exit::usage, id.error().message);
    const auto rules = gateway->rules().current();
    const oauth::Provider* provider = rules->providers->find(id->provider);
    if (provider == nullptr) {
        std::vector<std::string> known;
        for (const auto& one : rules->providers->all()) known.push_back(one.name);
        return report(context, Exit::usage,
                      "no OAuth provider is called \"" + id->provider + "\" (there are " +
                          join(known, ", ") + ")");
    }
    const auto flow = flow_of(options, *provider);
    if (!flow) {
        return report(context, Exit::failed,
                      provider->name +
                          " takes https addresses only: connect through a running server "
                          "with an https http.public_url (POST /v1/connections)");
    }
    oauth::ConnectionWish wish{*id, options.scopes, local_user()};
    if (wish.scopes.empty()) wish.scopes = oauth::needed_scopes(*provider, *id, *rules->actions);
    Session session(*gateway);
    std::optional<Result<oauth::Connection>> made;
    const auto task = [&]() -> Task<void> {
        auto connecting = *flow == oauth::Flow::authorization_code
                              ? by_browser(*gateway, session, wish, *provider, options)
                          : *flow == oauth::Flow::device
                              ? by_device(*gateway, session, wish)
                              : gateway->connector().connect_as_client(wish, session.lane().http);
        made.emplace(co_await std::move(connecting));
    };
    session.run(task());
    if (!*made) return report(context, Exit::failed, made->error().message);
    const oauth::Connection& connection = **made;
    if (context.json) return print_json(oauth::to_json(connection, gateway->clock().now()));
    print("connected: " + connection.id.text() +
          (connection.account.empty() ? "" : " (" + printable(connection.account) + ")"));
    std::vector<std::string> missing;
    for (const std::string& scope : wish.scopes) {
        const auto& granted = connection.scopes;
        if (std::find(granted.begin(), granted.end(), scope) == granted.end())
            missing.push_back(scope);
    }
    if (!missing.empty()) {
        say("note: asked for but not named among the granted scopes: " +
            printable(join(missing, " ")));
    }
    if (!connection.refreshable && connection.expires_at) {
        say("note: " + connection.id.provider +
            " gave nothing to renew it with: connect again when it is over");
    }
}

std::string ends(const oauth::Connection& connection, TimePoint now) {
    if (!connection.expires_at) return "no end";
    const std::string at = format_time(*connection.expires_at).substr(0, 19) + "Z";
    if (*connection.expires_at > now) return at;
    return connection.refreshable ? at + " (renewed at the next call)" : at + " (over)";
}

void status(Context& context) {
    const auto gateway = open_gateway(context);
    if (!gateway) return;
    const auto connections = gateway->connections().list();
    if (!connections) return report(context, connections.error());
    const TimePoint now = gateway->clock().now();
    if (context.json) {
        json::array out;
        for (const auto& connection : *connections) out.push_back(oauth::to_json(connection, now));
        return print_json(json::object{{"connections", std::move(out)}});
    }
    Table table({"CONNECTION", "STATE", "ACCOUNT", "ACCESS TOKEN UNTIL", "SCOPES"});
    for (const auto& connection : *connections) {
        table.add({connection.id.text(), std::string(oauth::name(connection.state)),
                   connection.account.empty() ? "-" : printable(connection.account),
                   ends(connection, now), printable(join(connection.scopes, " "))});
    }
    table.print();
    for (const auto& connection : *connections) {
        if (connection.state == oauth::ConnectionState::active) continue;
        say(connection.id.text() + ": " + printable(connection.reason) +
            "; connect again with `kimbap auth connect " + connection.id.provider + " --name " +
            connection.id.name + "`");
    }
}

void revoke(Context& context, const std::string& provider, const std::string& name,
            bool here_only) {
    const auto gateway = open_gateway(context);
    if (!gateway) return;
    const auto id = oauth::parse_connection_id(provider + "." + name);
    if (!id) return report(context, Exit::usage, id.error().message);
    Session session(*gateway);
    std::optional<Result<oauth::RevocationOutcome>> outcome;
    const auto task = [&]() -> Task<void> {
        auto revoking =
            gateway->connector().revoke(*id, local_user(), here_only, session.lane().http);
        outcome.emplace(co_await std::move(revoking));
    };
    session.run(task());
    if (!*outcome) {
        report(context, Exit::failed, outcome->error().message);
        if (outcome->error().code != Errc::not_found) {
            say("The connection is kept, so that you can try again; --here-only forgets it without "
                "telling " +
                id->provider + ".");
        }
        return;
    }
    const bool told = **outcome == oauth::RevocationOutcome::revoked;
    if (context.json) {
        return print_json(json::object{{"id", id->text()}, {"revoked_at_provider", told}});
    }
    print(id->text() +
          (told ? ": revoked at " + id->provider + " and forgotten"
                : ": forgotten here (" + id->provider +
                      " was not told: remove kimbap's access in the account's settings)"));
}

}  // namespace

void add_auth(CLI::App& root, Context& context) {
    auto* auth = root.add_subcommand("auth", "Connections to services through OAuth");
    auth->require_subcommand(1);
    auto options = std::make_shared<ConnectOptions>();
    auto* connecting = auth->add_subcommand(
        "connect", "Let an account of a provider (github, google, …) be used by calls");
    connecting->add_option("provider", options->provider, "A provider's name")->required();
    connecting
        ->add_option("--name", options->name,
                     "The connection's name, where one provider serves several accounts")
        ->capture_default_str();
    connecting->add_option("--flow", options->flow, "How, where the provider offers several")
        ->check(CLI::IsMember({"browser", "device", "client-credentials"}));
    connecting
        ->add_option("--scope", options->scopes,
                     "Ask for these scopes instead of the provider's and the manifests'")
        ->delimiter(',');
    connecting->add_option("--port", options->port,
                           "The loopback port that the browser comes back to");
    connecting->add_flag("--no-browser", options->no_browser, "Only print the address");
    connecting->footer(
        "The client id and secret come from the vault: kimbap vault set oauth/PROVIDER/client_id, "
        "and "
        "oauth/PROVIDER/client_secret. See docs/oauth.md.");
    add_json_flag(*connecting, context);
    connecting->callback([&context, options] { connect(context, *options); });

    auto* listing = auth->add_subcommand("status", "Every connection and whether it works");
    add_json_flag(*listing, context);
    listing->callback([&context] { status(context); });

    auto* revoking =
        auth->add_subcommand("revoke", "Take a connection's tokens back and forget them");
    auto here_only = std::make_shared<bool>(false);
    revoking->add_option("provider", options->provider, "A provider's name")->required();
    revoking->add_option("--name", options->name, "The connection's name")->capture_default_str();
    revoking->add_flag("--here-only", *here_only, "Forget them without asking the provider");
    add_json_flag(*revoking, context);
    revoking->callback([&context, options, here_only] {
        revoke(context, options->provider, options->name, *here_only);
    });
}

}  // namespace kimbap::cli
