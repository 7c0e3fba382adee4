#include "vault/vault.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/failpoint.hpp"
#include "base/json_text.hpp"
#include "base/terminal.hpp"
#include "base/yaml_reader.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gateway_session.hpp"
#include "vault/new_secret_file.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::cli {

namespace {

constexpr std::size_t kMaxSecret = 64U << 10;
/// Bytes below which a value is hardly a credential of a service.
constexpr std::size_t kShortSecret = 8;

/// A value from a file, from a terminal without echo, or from a pipe; without one trailing line
/// break.
Result<Secret> read_secret(const std::string& file, const std::string& prompt) {
    std::string text;
    if (!file.empty()) {
        auto read = read_file(file, kMaxSecret);
        if (!read) return read.error();
        text = std::move(*read);
    } else if (has_terminal()) {
        return ask_hidden(prompt);
    } else {
        text.assign(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
    }
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) {
        return make_error(Errc::invalid_argument,
                          "the value is empty (pipe it in, or name a file with --file)");
    }
    return Secret::take(text);
}

void list(Context& context) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    const auto rows = gateway->vault().list();
    if (!rows) return report(context, rows.error());
    if (context.json) {
        json::array out;
        for (const auto& row : *rows) {
            out.push_back({{"name", row.name},
                           {"version", row.version},
                           {"created_at", format_time(row.created_at)},
                           {"updated_at", format_time(row.updated_at)}});
        }
        return print_json(json::object{{"secrets", std::move(out)}});
    }
    Table table({"NAME", "VERSION", "UPDATED"});
    for (const auto& row : *rows) {
        table.add({row.name, std::to_string(row.version), format_time(row.updated_at)});
    }
    table.print();
}

void done(Context& context, const std::string& ref, std::string_view change) {
    if (context.json) return print_json(json::object{{"name", ref}, {"status", change}});
    print(ref + ": " + std::string(change));
}

void put(Context& context, const std::string& ref, const std::string& file, bool rotate) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    auto value = read_secret(file, "Value of " + ref + " (not shown): ");
    if (!value) return report(context, value.error());
    const Result<void> stored = rotate ? gateway->vault().rotate(ref, *value, local_user())
                                       : gateway->vault().set(ref, *value, local_user());
    if (!stored) return report_given(context, stored.error());
    if (value->size() < kShortSecret) {
        std::fprintf(stderr,
                     "kimbap: %s has %s: a secret that short is soon guessed, and wherever "
                     "an answer has those characters by chance they are cut out as well (is it "
                     "the right value?)\n",
                     ref.c_str(), counted(value->size(), "byte").c_str());
    }
    done(context, ref, rotate ? "rotated" : "set");
}

/// Where the secret that kimbap opens the vault with is elsewhere than in the configured file: what
/// is there is not kimbap's to change.
void rekey_elsewhere(Context& context, app::Gateway& gateway, const std::string& file) {
    const vault::SecretFacts& now = gateway.vault_secret();
    const std::string place = now.source == vault::SecretSource::prompt ? "is typed on the terminal"
                                                                        : "comes from " + now.place;
    if (file.empty()) {
        return report(context, Exit::usage,
                      "the vault secret " + place +
                          ", where kimbap can't put a new one: write one into a file of its own "
                          "(0600; like `openssl rand -base64 32`) and say --file FILE");
    }
    const Result<Secret> secret = vault::read_vault_secret_file(file);
    if (!secret) return report(context, secret.error());
    const auto count = gateway.vault().rekey(*secret, local_user());
    if (!count) return report(context, count.error());
    if (context.json) {
        return print_json(json::object{{"records", *count}, {"secret_file", file}});
    }
    print(std::to_string(*count) + " records re-encrypted under the vault secret in " + file +
          ". The old one " + place +
          ": put the new one there, then restart running kimbap processes.");
}

void rekey(Context& context, const std::string& file) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    if (gateway->vault_secret().source != vault::SecretSource::file) {
        return rekey_elsewhere(context, *gateway, file);
    }
    const std::string& path = gateway->config().vault.secret_file;
    Result<Secret> secret = file.empty() ? Result<Secret>(vault::generate_vault_secret())
                                         : vault::read_vault_secret_file(file);
    if (!secret) return report(context, secret.error());
    auto fresh = vault::NewSecretFile::create(path);
    if (!fresh) return report(context, fresh.error());
    // Another may have come to its end since.
    Result<void> ready = gateway->vault().check();
    // The new secret is on disk before anything is encrypted under it.
    if (ready) ready = fresh->write(*secret);
    failpoint("rekey.written");
    if (!ready) {
        fresh->discard();
        return report(context, ready.error());
    }
    const auto count = gateway->vault().rekey(*secret, local_user());
    failpoint("rekey.committed");
    if (!count && count.error().code == Errc::storage_failure) {
        // Where the answer to the commit was lost, the records may be under the new secret.
        return report(context, make_error(Errc::storage_failure,
                                          count.error().message +
                                              "; the new vault secret is kept in " + fresh->path() +
                                              ", and takes its place at kimbap's next start if it "
                                              "is the right one by then"));
    }
    if (!count) {
        fresh->discard();
        return report(context, count.error());
    }
    if (const Result<void> placed = fresh->put_in_place(); !placed) {
        return report(context, Exit::failed,
                      placed.error().message + "; the vault is under the new secret: move it to " +
                          path + " by hand");
    }
    if (context.json) {
        return print_json(json::object{{"records", *count}, {"secret_file", path}});
    }
    print(std::to_string(*count) + " records re-encrypted under the new vault secret in " + path +
          ". Restart running kimbap processes.");
}

}  // namespace

void add_vault(CLI::App& root, Context& context) {
    auto* vault = root.add_subcommand("vault", "Store and change the credentials that calls need");
    vault->require_subcommand(1);
    struct Options {
        std::string ref, file;
    };
    auto options = std::make_shared<Options>();
    const auto writing = [&](const char* name, const char* help, bool rotate) {
        auto* command = vault->add_subcommand(name, help);
        command->add_option("ref", options->ref, "The secret's name, as manifests refer to it")
            ->required();
        command->add_option("--file", options->file,
                            "Read the value from this file instead of stdin");
        add_json_flag(*command, context);
        command->callback(
            [&context, options, rotate] { put(context, options->ref, options->file, rotate); });
    };
    writing("set", "Create or replace a secret; the value comes from stdin or a file", false);
    writing("rotate", "Replace an existing secret", true);
    auto* listing = vault->add_subcommand("list", "Names and dates; never values");
    add_json_flag(*listing, context);
    listing->callback([&context] { list(context); });
    auto* removing = vault->add_subcommand("remove", "Forget a secret");
    removing->add_option("ref", options->ref, "The secret's name")->required();
    add_json_flag(*removing, context);
    removing->callback([&context, options] {
        const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
        if (!gateway) return;
        const Result<void> removed = gateway->vault().remove(options->ref, local_user());
        if (!removed) return report_given(context, removed.error());
        done(context, options->ref, "removed");
    });
    auto* rekeying =
        vault->add_subcommand("rekey", "Re-encrypt every secret under a new vault secret");
    rekeying->add_option("--file", options->file,
                         "The new vault secret (0600); made at random if left out");
    add_json_flag(*rekeying, context);
    rekeying->callback([&context, options] { rekey(context, options->file); });
}

}  // namespace kimbap::cli
