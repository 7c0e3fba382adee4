#include <CLI/CLI.hpp>

#include "app/courier.hpp"
#include "app/lane.hpp"
#include "approval/approval_manager.hpp"
#include "approval/delivery_view.hpp"
#include "approval/execution.hpp"
#include "approval/shortened.hpp"
#include "base/json_text.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gateway_session.hpp"
#include "identity/token_registry.hpp"
#include "pipeline/outcome.hpp"
#include "store/outbox_store.hpp"
#include "store/store.hpp"

namespace kimbap::cli {

namespace {

struct Options {
    std::string state, id, reason;
    std::size_t limit = 100;
};

/// How long a running kimbap process gets to run what was approved before this one does.
constexpr std::chrono::milliseconds kOthersFirst{1500};

void list(Context& context, const Options& options) {
    approval::ListFilter filter;
    filter.limit = options.limit;
    if (!options.state.empty()) {
        filter.state = approval::parse_state(options.state);
        if (!filter.state) {
            return report(context, Exit::usage,
                          "--state " + options.state +
                              ": one of pending, approved, denied, expired, withdrawn");
        }
    }
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    const auto found = gateway->approvals().list_blocking(filter);
    if (!found) return report(context, found.error());
    json::array out;
    Table table({"ID", "STATE", "EXECUTION", "AGENT", "ACTION", "RISK", "RULE", "EXPIRES"});
    for (const auto& one : *found) {
        json::object shown = approval::to_json(one);
        approval::shorten_parameters(shown);
        out.emplace_back(std::move(shown));
        table.add({one.id, std::string(approval::name(one.state())),
                   std::string(approval::name(one.execution())), printable(one.caller.agent),
                   one.action, one.risk, one.rule, format_time(one.expires_at)});
    }
    if (context.json) return print_json(json::object{{"approvals", std::move(out)}});
    if (found->empty()) std::fprintf(stderr, "no approvals\n");
    table.print();
}

void show(Context& context, const Options& options) {
    const auto gateway = open_gateway(context, app::RuleFaults::passed_over);
    if (!gateway) return;
    const auto found = gateway->approvals().find_blocking(options.id);
    if (!found) return report(context, found.error());
    json::object out = approval::to_json(*found);
    const auto deliveries = store::query(gateway->store(), [&](const store::Snapshot& snapshot) {
        return snapshot.outbox().of_approval(options.id);
    });
    if (!deliveries) return report(context, deliveries.error());
    out["parameters_digest"] = approval::parameters_digest(found->parameters);
    out["deliveries"] = approval::deliveries_json(*deliveries);
    if (context.json) return print_json(out);
    print(to_pretty_json(out));
}

/// Runs an approved call here if no other process takes it in time.
Task<void> see_it_run(app::Gateway& gateway, app::Gateway::Lane& lane, std::string id) {
    approval::ApprovalManager& approvals = gateway.approvals();
    auto waiting =
        approvals.wait(id, approval::Until::final, std::chrono::steady_clock::now() + kOthersFirst);
    const auto state = co_await std::move(waiting);
    if (!state || state->execution() != approval::Execution::waiting) co_return;
    auto claiming = approvals.claim(id);
    auto claimed = co_await std::move(claiming);
    if (!claimed) co_return;  // another process was quicker
    async::CancelSource none;
    const async::CancelToken never = none.token();
    auto executing = approval::execute(approvals, lane.pipeline, std::move(*claimed),
                                       approval::kFinishPause, never);
    static_cast<void>(co_await std::move(executing));
}

/// What the caller was told of a call that ran and failed; "" where it did not.
Task<std::string> failure_of(const approval::ApprovalManager& approvals,
                             const approval::Approval& approval) {
    if (approval.execution() != approval::Execution::failed) co_return "";
    auto asking = approvals.outcome(approval.id, approval.caller_key);
    const auto collected = co_await std::move(asking);
    if (!collected || !collected->outcome) co_return "";
    const auto result = pipeline::from_outcome(*collected->outcome);
    co_return result ? result->message : "";
}

/// Who decides: the operator of KIMBAP_TOKEN, or the account that runs this.
Result<approval::Operator> deciding_operator(const Context& context, app::Gateway& gateway) {
    const auto bearer = context.environment("KIMBAP_TOKEN");
    if (!bearer) return approval::Operator{local_user(), "", "cli", approval::Proof::local};
    const auto identity = gateway.tokens().authenticate_blocking(*bearer);
    if (!identity) {
        return make_error(identity.error().code, "KIMBAP_TOKEN: " + identity.error().message);
    }
    if (!(*identity)->is_operator) {
        return make_error(Errc::forbidden,
                          "KIMBAP_TOKEN is an agent's token: operators decide (create one with "
                          "`kimbap token create --operator NAME`)");
    }
    return approval::Operator{
        (*identity)->name, (*identity)->token, "cli", approval::Proof::token, "", "",
        (*identity)->roles};
}

void tell(Context& context, const approval::Approval& decided, const std::string& failure) {
    if (context.json) {
        json::object out = approval::to_json(decided);
        if (!failure.empty()) out["failure"] = failure;
        return print_json(out);
    }
    const std::string execution(approval::name(decided.execution()));
    std::string line = decided.id + ": " + std::string(approval::name(decided.state()));
    if (!execution.empty()) line += ", execution " + execution;
    if (!failure.empty()) line += ": " + printable(failure);
    if (decided.state() == approval::State::pending) line += " (more operators must approve)";
    print(line);
}

void decide(Context& context, const Options& options, approval::Verdict verdict) {
    // What is approved runs here, perhaps, and by the rules.
    const auto gateway =
        open_gateway(context, verdict == approval::Verdict::deny ? app::RuleFaults::passed_over
                                                                 : app::RuleFaults::refused);
    if (!gateway) return;
    const auto who = deciding_operator(context, *gateway);
    if (!who) return report(context, who.error());
    auto decided = gateway->approvals().decide_blocking(options.id, *who, verdict, options.reason);
    if (!decided) return report(context, decided.error());
    Session session(*gateway);
    app::Courier courier(*gateway, session.lane());
    const auto task = [&]() -> Task<void> {
        courier.start();
        std::string failure;
        if (decided->state() == approval::State::approved) {
            auto seeing = see_it_run(*gateway, session.lane(), options.id);
            co_await std::move(seeing);
            auto finding = gateway->approvals().find(options.id);
            auto now = co_await std::move(finding);
            if (now) decided = std::move(now);
            auto asking = failure_of(gateway->approvals(), *decided);
            failure = co_await std::move(asking);
        }
        tell(context, *decided, failure);
        std::fflush(stdout);
        auto finishing = courier.finish();
        co_await std::move(finishing);
    };
    session.run(task());
}

}  // namespace

void add_approval(CLI::App& root, Context& context) {
    auto* approval = root.add_subcommand("approval", "Decide on calls that wait for an operator");
    approval->require_subcommand(1);
    auto options = std::make_shared<Options>();
    auto* listing = approval->add_subcommand("list", "Approvals, newest first");
    listing->add_option("--state", options->state,
                        "pending, approved, denied, expired or withdrawn");
    listing->add_option("--limit", options->limit, "At most so many")->check(CLI::Range(1, 10000));
    add_json_flag(*listing, context);
    listing->callback([&context, options] { list(context, *options); });
    const auto with_id = [&](const char* name, const char* help) {
        auto* command = approval->add_subcommand(name, help);
        command->add_option("id", options->id, "apr_…")->required();
        add_json_flag(*command, context);
        return command;
    };
    with_id("show", "One approval, whole")->callback([&context, options] {
        show(context, *options);
    });
    auto* approving = with_id("approve", "Approve: the call runs, once");
    approving->add_option("--reason", options->reason, "Recorded with the decision");
    approving->callback(
        [&context, options] { decide(context, *options, approval::Verdict::approve); });
    auto* denying = with_id("deny", "Deny: the call never runs");
    denying->add_option("--reason", options->reason,
                        "Recorded with the decision, and told to the agent");
    denying->callback([&context, options] { decide(context, *options, approval::Verdict::deny); });
}

}  // namespace kimbap::cli
