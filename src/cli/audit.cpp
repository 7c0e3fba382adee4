#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <thread>

#include "audit/checkpoint.hpp"
#include "audit/reader.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/yaml_reader.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gateway_session.hpp"
#include "store/audit_store.hpp"
#include "store/store.hpp"
#include "vault/checkpoint_signer.hpp"
#include "vault/vault.hpp"

namespace kimbap::cli {

namespace {

struct Options {
    bool follow = false;
    std::size_t lines = 20;
    std::string format = "jsonl", since, checkpoint, kind, agent, action;
};

constexpr std::chrono::milliseconds kPoll{200};
std::atomic<bool> g_stop{false};

std::string text_at(const json::value& record, std::string_view outer, std::string_view key) {
    const json::value* holder = outer.empty() ? &record : record.get_object().if_contains(outer);
    if (holder == nullptr || !holder->is_object()) return "";
    const json::value* found = holder->get_object().if_contains(key);
    if (found == nullptr) return "";
    return printable(found->is_string() ? std::string(found->get_string()) : to_json(*found));
}

void print_record(Context& context, const std::string& line) {
    if (context.json) {
        print(line);
        std::fflush(stdout);
        return;
    }
    const auto record = parse_json(line);
    if (!record || !record->is_object()) return print(printable(line));
    std::string out = text_at(*record, "", "time") + "  " + text_at(*record, "", "kind");
    const auto add = [&](std::string_view label, const std::string& value) {
        if (!value.empty()) out += "  " + std::string(label) + "=" + value;
    };
    add("agent", text_at(*record, "caller", "agent"));
    add("action", text_at(*record, "", "action"));
    add("decision", text_at(*record, "decision", "outcome"));
    add("rule", text_at(*record, "decision", "rule"));
    add("approval", text_at(*record, "approval", "id"));
    add("operator", text_at(*record, "approval", "operator"));
    add("outcome", text_at(*record, "approval", "outcome"));
    add("status", text_at(*record, "execution", "status"));
    add("http", text_at(*record, "execution", "http_status"));
    if (const json::value* details = record->get_object().if_contains("details");
        details != nullptr && details->is_object()) {
        for (const auto& member : details->get_object()) {
            const bool scalar = !member.value().is_structured() && member.key() != "message";
            if (scalar) add(printable(member.key()), text_at(*record, "details", member.key()));
        }
    }
    print(out);
    std::fflush(stdout);
}

void tail(Context& context, const Options& options) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    audit::Filter filter;
    filter.kind = options.kind;
    filter.agent = options.agent;
    filter.action = options.action;
    filter.limit = options.lines;
    std::int64_t last = 0;
    const auto show = [&](std::int64_t seq, const std::string& line) {
        last = seq;
        print_record(context, line);
    };
    auto read = audit::for_each(gateway->store(), filter, show);
    if (!read) return report(context, read.error());
    if (!options.follow) return;
    std::signal(SIGINT, [](int) { g_stop = true; });
    std::signal(SIGTERM, [](int) { g_stop = true; });
    filter.limit = 0;
    while (!g_stop && std::ferror(stdout) == 0) {
        std::this_thread::sleep_for(kPoll);
        filter.after_seq = last;
        read = audit::for_each(gateway->store(), filter, show);
        if (!read) return report(context, read.error());
    }
}

void export_log(Context& context, const Options& options) {
    audit::Filter filter;
    filter.kind = options.kind;
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
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    const bool csv = options.format == "csv";
    if (csv) print(audit::csv_header());
    const auto read =
        audit::for_each(gateway->store(), filter, [&](std::int64_t, const std::string& line) {
            if (!csv) return print(line);
            const auto row = audit::csv_row(line);
            if (row) {
                std::fwrite(row->data(), 1, row->size(), stdout);
                std::fputs("\r\n", stdout);
            } else {
                report(context, row.error());
            }
        });
    if (!read) report(context, read.error());
}

void verify(Context& context, const Options& options) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    std::optional<audit::Checkpoint> checkpoint;
    if (!options.checkpoint.empty()) {
        const auto text = read_file(options.checkpoint);
        if (!text) return report(context, text.error());
        auto parsed = audit::parse_checkpoint(*text);
        if (!parsed)
            return report(context, Exit::failed,
                          options.checkpoint + ": " + parsed.error().message);
        vault::VaultCheckpointSigner signer(gateway->vault());
        const auto key = signer.public_key();
        if (!key) return report(context, key.error());
        const auto right = audit::check_signature(*parsed, *key);
        if (!right) return report(context, Exit::failed, right.error().message);
        checkpoint = std::move(*parsed);
    }
    const auto found = audit::verify(gateway->store(), checkpoint);
    if (!found) return report(context, found.error());
    if (!found->intact) context.exit = Exit::failed;
    if (context.json) {
        json::object out{
            {"intact", found->intact}, {"records", found->records}, {"head", found->head}};
        if (!found->intact) {
            out["bad_seq"] = found->bad_seq;
            out["fault"] = found->fault;
        }
        return print_json(out);
    }
    if (found->intact) {
        print("intact: " + std::to_string(found->records) + " records, head " + found->head);
    } else {
        report(context, Exit::failed,
               "the log is NOT intact: record " + std::to_string(found->bad_seq) + ": " +
                   found->fault);
    }
}

void checkpoint(Context& context) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    const auto head = store::query(
        gateway->store(), [](const store::Snapshot& snapshot) { return snapshot.audit().head(); });
    if (!head) return report(context, head.error());
    vault::VaultCheckpointSigner signer(gateway->vault());
    const auto made = audit::make_checkpoint(*head, gateway->clock().now(), signer);
    if (!made) return report(context, made.error());
    print_json(audit::to_json(*made));
}

}  // namespace

void add_audit(CLI::App& root, Context& context) {
    auto* audit = root.add_subcommand("audit", "Read and verify the audit log");
    audit->require_subcommand(1);
    auto options = std::make_shared<Options>();
    const auto filters = [&](CLI::App* command) {
        command->add_option("--kind", options->kind,
                            "Only records of this kind, like call.finished");
        command->add_option("--agent", options->agent, "Only this agent's");
        command->add_option("--action", options->action, "Only of this service.action");
        add_json_flag(*command, context);
    };
    auto* tailing = audit->add_subcommand("tail", "The last records; -f keeps following");
    tailing->add_flag("-f,--follow", options->follow, "Keep printing new records");
    tailing->add_option("-n,--lines", options->lines, "How many to begin with")
        ->check(CLI::Range(1, 100000));
    filters(tailing);
    tailing->callback([&context, options] { tail(context, *options); });
    auto* exporting = audit->add_subcommand("export", "The whole log, a record a line");
    exporting->add_option("--format", options->format, "jsonl or csv")
        ->check(CLI::IsMember({"jsonl", "csv"}));
    exporting->add_option("--since", options->since,
                          "From this time (RFC 3339) or this long ago (24h)");
    filters(exporting);
    exporting->callback([&context, options] { export_log(context, *options); });
    auto* verifying =
        audit->add_subcommand("verify", "Find any changed, missing or reordered record");
    verifying->add_option("--checkpoint", options->checkpoint,
                          "Also compare with this checkpoint file");
    add_json_flag(*verifying, context);
    verifying->callback([&context, options] { verify(context, *options); });
    auto* marking =
        audit->add_subcommand("checkpoint", "Print a signed head of the log, to keep elsewhere");
    add_json_flag(*marking, context);
    marking->callback([&context] { checkpoint(context); });
}

}  // namespace kimbap::cli
