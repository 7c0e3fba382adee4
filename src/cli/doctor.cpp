#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "app/lane.hpp"
#include "app/notifiers.hpp"
#include "base/json_text.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/file_permissions.hpp"
#include "cli/gateway_session.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "oauth/connection_store.hpp"
#include "oauth/needed_scopes.hpp"
#include "oauth/provider_set.hpp"
#include "store/store.hpp"
#include "vault/new_secret_file.hpp"
#include "vault/vault.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::cli {

namespace {

enum class Level { ok, warning, error };

/// Bytes from which on a secret made by hand passes for hard to guess.
constexpr std::size_t kSafeSecretSize = 32;

/// Validity below which a certificate should have been renewed.
constexpr std::chrono::days kShortValidity{14};

bool is_within(const std::string& file, const std::string& folder) {
    std::error_code error;
    const auto relative = std::filesystem::relative(file, folder, error);
    return !error && !relative.empty() && *relative.begin() != "..";
}

struct Finding {
    std::string subject;
    Level level = Level::ok;
    std::string text;  ///< What was found, and the mend where it is not ok.
};

class Examination {
public:
    explicit Examination(Context& context) : context_(context) {}

    void run(bool reach) {
        auto config = app::load_config(context_.config_flag, context_.environment);
        if (!config) return add("config", Level::error, config.error().message);
        add("config", Level::ok, config->file);
        permissions(*config);
        tls(*config);
        fresh_ = app::Gateway::is_new(*config);
        auto gateway = app::Gateway::open(*config);
        if (!gateway) return add("start", Level::error, gateway.error().message);
        examine(**gateway, reach);
    }

    void print() const {
        json::array out;
        for (const Finding& finding : findings_) {
            const std::string_view level = finding.level == Level::ok        ? "ok"
                                           : finding.level == Level::warning ? "warning"
                                                                             : "error";
            if (context_.json) {
                out.push_back(
                    {{"subject", finding.subject}, {"level", level}, {"text", finding.text}});
            } else {
                cli::print(std::string(level) + std::string(9 - level.size(), ' ') +
                           finding.subject + ": " + finding.text);
            }
            if (finding.level == Level::error) context_.exit = Exit::invalid;
        }
        if (context_.json) print_json(json::object{{"findings", std::move(out)}});
    }

private:
    void add(std::string subject, Level level, std::string text) {
        findings_.push_back({std::move(subject), level, std::move(text)});
    }

    void permissions(const app::Config& config) {
        for (const OpenPath& found : open_to_others(config)) {
            add("permissions", found.exposed ? Level::error : Level::warning, found.text);
        }
        if (std::none_of(findings_.begin(), findings_.end(),
                         [](const Finding& finding) { return finding.subject == "permissions"; })) {
            add("permissions", Level::ok,
                "nobody else can read secrets or change what decides about calls");
        }
    }

    /// What `kimbap serve` would only find out when it starts.
    void tls(const app::Config& config) {
        const std::string& file = config.http.tls_certificate;
        if (file.empty()) return;
        const auto served = net::server_tls(file, config.http.tls_key);
        if (!served) return add("tls", Level::error, served.error().message);
        const auto left = std::chrono::floor<std::chrono::days>(net::certificate_expiry(**served) -
                                                                SystemClock{}.now());
        if (left < std::chrono::days{0}) {
            return add("tls", Level::error,
                       file + " has run out: clients refuse it (renew the certificate)");
        }
        const std::string valid =
            file + " is valid for " + counted(static_cast<std::size_t>(left.count()), "day");
        if (left < kShortValidity) {
            return add("tls", Level::warning, valid + " (renew the certificate, then restart)");
        }
        add("tls", Level::ok, valid);
    }

    void vault_secret(app::Gateway& gateway) {
        const vault::SecretFacts& secret = gateway.vault_secret();
        const std::string from = "the vault secret (from " + secret.place + ") ";
        add("vault", Level::ok, from + "is the right one");
        if (!secret.generated && secret.size < kSafeSecretSize) {
            add("vault", Level::warning,
                from + "has " + std::to_string(secret.size) +
                    " bytes and was made by hand: whoever steals the database may guess it (kimbap "
                    "vault rekey makes one that can't be guessed)");
        }
        if (secret.source == vault::SecretSource::environment) {
            add("vault", Level::warning,
                from +
                    "was in the environment of whatever started kimbap, and may still be (a file "
                    "with mode 0600 or systemd's LoadCredential keep it closer)");
        }
        const std::string& file = gateway.config().vault.secret_file;
        if (secret.source == vault::SecretSource::file) {
            for (const std::string& left : vault::new_secret_files(file)) {
                add("vault", Level::warning,
                    left +
                        " was left by a rekey that was interrupted before it changed anything "
                        "(the next one that succeeds removes it)");
            }
        }
        if (secret.source == vault::SecretSource::file &&
            is_within(file, gateway.config().data_dir)) {
            add("vault", Level::warning,
                file +
                    " lies in the data directory: a copy of that folder is a copy of every secret "
                    "(move it elsewhere)");
        }
        if (gateway.vault().protection() == vault::Protection::unlocked) {
            add("vault", Level::warning,
                "keys can't be locked into memory and may be swapped to disk (raise the "
                "memory-lock limit, ulimit -l)");
        }
    }

    void examine(app::Gateway& gateway, bool reach) {
        vault_secret(gateway);
        const auto secrets = gateway.vault().list();
        if (!secrets) return add("store", Level::error, secrets.error().message);
        const app::Config& config = gateway.config();
        if (config.store != store::kEmbedded) {
            add("store", Level::ok, "PostgreSQL; rate limits in " + config.data_dir);
        } else {
            add("store", Level::ok,
                config.data_dir +
                    (fresh_ ? ", made just now: nothing was stored there before" : ""));
        }
        const auto rules = gateway.rules().current();
        for (const std::string& notice : gateway.notices()) add("rules", Level::warning, notice);
        add("manifests", rules->actions->actions().empty() ? Level::warning : Level::ok,
            counted(rules->actions->services().size(), "service") + ", " +
                counted(rules->actions->actions().size(), "action"));
        add("policies", rules->policy->empty() ? Level::error : Level::ok,
            counted(rules->policy->rules().size(), "rule"));
        for (const Fault& fault : rules->policy->lint())
            add("policies", Level::warning, to_string(fault));
        missing_secrets(gateway, *rules, *secrets);
        connections(gateway, *rules);
        clock();
        if (reach) reachability(gateway, *rules);
    }

    void missing_secrets(const app::Gateway& gateway, const pipeline::Rules& rules,
                         const std::vector<store::SecretInfo>& secrets) {
        std::vector<std::string> seen;
        const auto check = [&](const std::string& ref, const std::string& whose) {
            if (ref.empty() || std::find(seen.begin(), seen.end(), ref) != seen.end()) return;
            seen.push_back(ref);
            const bool stored = std::any_of(secrets.begin(), secrets.end(),
                                            [&](const auto& info) { return info.name == ref; });
            if (stored) return;
            add("credential", Level::warning,
                ref + " (for " + whose + ") is not in the vault (kimbap vault set " + ref + ")");
        };
        for (const auto& action : rules.actions->actions()) {
            check(action.action->auth.credential_ref, action.service->name);
        }
        for (const app::NotifyChannel& entry : gateway.config().notify) {
            check(entry.secret_ref, "notify entry " + entry.name);
            check(entry.callback_ref, "notify entry " + entry.name);
        }
    }

    void connections(app::Gateway& gateway, const pipeline::Rules& rules) {
        const auto made = gateway.connections().list();
        if (!made) return add("connection", Level::error, made.error().message);
        const TimePoint now = gateway.clock().now();
        for (const oauth::Connection& connection : *made) {
            const bool over =
                connection.expires_at && *connection.expires_at <= now && !connection.refreshable;
            const bool ended = connection.state == oauth::ConnectionState::reauth_needed;
            if (ended || over) {
                add("connection", Level::warning,
                    connection.id.text() + " " + (ended ? connection.reason : "is over") +
                        " (kimbap auth connect " + connection.id.provider + " --name " +
                        connection.id.name + ")");
            } else {
                add("connection", Level::ok, connection.id.text());
            }
        }
        for (const oauth::ConnectionId& id : oauth::needed_connections(*rules.actions)) {
            const bool there = std::any_of(made->begin(), made->end(),
                                           [&](const auto& one) { return one.id == id; });
            if (there || rules.providers->find(id.provider) == nullptr) continue;
            add("connection", Level::warning,
                id.text() + " is needed by a manifest and not there (kimbap auth connect " +
                    id.provider + " --name " + id.name + ")");
        }
    }

    void clock() {
        const auto year =
            std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(SystemClock{}.now()))
                .year();
        const bool sane = year >= std::chrono::year{2024} && year < std::chrono::year{2100};
        add("clock", sane ? Level::ok : Level::error,
            format_time(SystemClock{}.now()) + (sane ? "" : " (set the system's clock)"));
    }

    void reachability(app::Gateway& gateway, const pipeline::Rules& rules) {
        Session session(gateway);
        for (const auto& service : rules.actions->services()) {
            auto url = net::parse_url(service.base_url);
            if (!url) continue;
            net::OutboundRequest request;
            request.method = "HEAD";
            request.url = std::move(*url);
            request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
            request.operator_chose_address = true;
            request.idempotent = true;
            std::optional<net::Exchange> exchange;
            const auto task = [&]() -> Task<void> {
                auto sending = session.lane().http.send(std::move(request));
                exchange.emplace(co_await std::move(sending));
            };
            session.run(task());
            const bool reached = exchange->response.has_value();
            add("reach", reached ? Level::ok : Level::warning,
                service.name + " (" + service.base_url + "): " +
                    (reached ? "HTTP " + std::to_string(exchange->response->status)
                             : exchange->error.message));
        }
    }

    Context& context_;
    std::vector<Finding> findings_;
    bool fresh_ = false;  ///< There was no store where data_dir points to.
};

/// Sends a test through one of the operators' channels.
void try_notify(Context& context, const std::string& name) {
    const auto gateway = open_gateway(context);
    if (!gateway) return;
    Session session(*gateway);
    std::optional<Result<void>> tried;
    const auto task = [&]() -> Task<void> {
        auto trying = app::try_channel(*gateway, session.lane(), name);
        tried.emplace(co_await std::move(trying));
    };
    session.run(task());
    if (!*tried) {
        const Error& error = tried->error();
        return report(context, error.code == Errc::not_found ? Exit::usage : Exit::failed,
                      "notify " + name + ": " + error.message);
    }
    if (context.json) return print_json(json::object{{"channel", name}, {"delivered", true}});
    print("ok       notify: a test was delivered through " + name);
}

}  // namespace

void add_doctor(CLI::App& root, Context& context) {
    auto* command =
        root.add_subcommand("doctor", "Check the installation; one line each, with the mend");
    auto offline = std::make_shared<bool>(false);
    command->add_flag("--offline", *offline, "Don't try to reach the services");
    auto notify = std::make_shared<std::string>();
    command->add_option("--notify", *notify, "Send a test through this entry of notify instead")
        ->type_name("NAME");
    add_json_flag(*command, context);
    command->callback([&context, offline, notify] {
        if (!notify->empty()) return try_notify(context, *notify);
        Examination examination(context);
        examination.run(!*offline);
        examination.print();
    });
}

}  // namespace kimbap::cli
