#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>

#include "app/courier.hpp"
#include "app/gateway_tools.hpp"
#include "app/lane.hpp"
#include "app/own_principal.hpp"
#include "app/reloader.hpp"
#include "async/worker_pool.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/gateway_session.hpp"
#include "cli/terminal_asker.hpp"

namespace kimbap::cli {

namespace {

using pipeline::CallResult;
using pipeline::ContentKind;
using pipeline::Disposition;

struct Options {
    std::string action;
    std::vector<std::string> args;
    std::string input;
    std::string agent;
    bool yes = false;
};

Exit exit_of(Disposition disposition) {
    switch (disposition) {
        case Disposition::succeeded:
            return Exit::done;
        case Disposition::denied:
            return Exit::denied;
        case Disposition::pending:
        case Disposition::not_approved:
            return Exit::approval;
        case Disposition::invalid_arguments:
        case Disposition::unknown_tool:
            return Exit::usage;
        default:
            return Exit::failed;
    }
}

void show(Context& context, const CallResult& result) {
    context.exit = exit_of(result.disposition);
    if (context.json) {
        json::object out{{"call", result.call},
                         {"status", pipeline::name(result.disposition)},
                         {"action", result.action},
                         {"decision", result.decision},
                         {"rule", result.rule}};
        if (!result.approval.empty()) out["approval"] = result.approval;
        if (!result.message.empty()) out["message"] = result.message;
        if (result.content == ContentKind::json) {
            out["result"] = json_or_text(result.body);
        } else if (result.content == ContentKind::text) {
            out["result"] = result.body;
        } else if (result.content != ContentKind::none) {
            out["result_base64"] = base64_encode(result.body);
            out["mime_type"] = result.mime_type;
        }
        return print_json(out);
    }
    if (result.disposition != Disposition::succeeded) {
        return report(context, context.exit, result.message);
    }
    if (result.content == ContentKind::json) {
        print(to_pretty_json(json_or_text(result.body)));
    } else if (result.content == ContentKind::none) {
        print("done");
    } else {
        std::cout.write(result.body.data(), static_cast<std::streamsize>(result.body.size()));
        if (result.content == ContentKind::text && !result.body.ends_with('\n')) std::cout << '\n';
        std::cout.flush();
    }
    if (!result.message.empty()) report(context, context.exit, result.message);
}

/// What goes on while a call is held for an operator or its user: who waits in front of a terminal
/// is told what for, operators are told that it does, and what changes in the files is in force
/// when they approve or confirm.
class Waiting final : public pipeline::Observer {
public:
    Waiting(app::Gateway& gateway, app::Gateway::Lane& lane, app::Courier& courier)
        : gateway_(gateway), lane_(lane), courier_(courier) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() override {
        if (reloader_) gateway_.workers().wait_idle();  // they may be reloading
    }
    void over() {
        if (reloader_) reloader_->stop();
    }
    void watch() {
        if (reloader_) return;
        reloader_.emplace(
            lane_.context, gateway_, [] {}, app::Reloader::On::changes);
    }
    void progress(double, std::optional<double>, std::string_view) override {}
    void held(const std::string& approval) override {
        courier_.start();
        watch();
        std::fprintf(stderr,
                     "kimbap: waiting for an operator (kimbap approval approve %s); interrupting "
                     "this withdraws the call\n",
                     approval.c_str());
    }

private:
    app::Gateway& gateway_;
    app::Gateway::Lane& lane_;
    app::Courier& courier_;
    std::optional<app::Reloader> reloader_;
};

/// The outcome of a suspended call, as the tool of that name gives it to agents.
Result<Task<CallResult>> collecting(pipeline::Pipeline& pipeline, pipeline::CallRequest request,
                                    app::Courier& courier) {
    const json::value* approval = request.arguments.if_contains("approval");
    const json::value* wait = request.arguments.if_contains("wait_seconds");
    const json::value seconds = wait == nullptr     ? json::value(0)
                                : wait->is_string() ? json_or_text(wait->get_string().c_str())
                                                    : *wait;
    if (approval == nullptr || !approval->is_string() || !seconds.is_int64() ||
        seconds.get_int64() < 0) {
        return make_error(Errc::invalid_argument,
                          "takes --arg approval=apr_… and perhaps --arg wait_seconds=30");
    }
    const auto most = std::min(app::kMaxCollectWait, std::chrono::seconds(seconds.get_int64()));
    if (most.count() > 0) courier.start();
    return pipeline.collect(std::move(request.caller), approval->get_string().c_str(), most,
                            std::move(request.cancel));
}

void run(Context& context, const Options& options) {
    const auto gateway = open_gateway(context);
    if (!gateway) return;
    const auto rules = gateway->rules().current();
    auto arguments =
        read_arguments(options.args, options.input, rules->actions->find(options.action));
    if (!arguments) return report(context, Exit::usage, arguments.error().message);
    const auto principal =
        app::own_principal(*gateway, context.environment("KIMBAP_TOKEN"), options.agent);
    if (!principal && principal.error().code == Errc::invalid_argument) {
        return report(context, Exit::usage, principal.error().message);
    }
    if (!principal) return report(context, principal.error());

    Session session(*gateway);
    app::Courier courier(*gateway, session.lane());
    async::CancelSource cancel;
    boost::asio::signal_set signals(session.lane().context, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code error, int) {
        if (!error) cancel.cancel();
    });
    Waiting waiting(*gateway, session.lane(), courier);
    pipeline::CallRequest request;
    request.caller = (*principal)->caller("kimbap-cli");
    request.tool = options.action;
    request.arguments = std::move(*arguments);
    request.observer = &waiting;
    TerminalAsker asker(options.yes, cancel.token(), [&waiting] { waiting.watch(); });
    request.asker = &asker;
    request.cancel = cancel.token();
    request.hold = gateway->config().approvals.hold;
    pipeline::Pipeline& pipeline = session.lane().pipeline;
    auto running = options.action == app::kApprovalResultTool
                       ? collecting(pipeline, std::move(request), courier)
                       : Result<Task<CallResult>>(pipeline.run(std::move(request)));
    if (!running) {
        return report(context, Exit::usage, options.action + ": " + running.error().message);
    }
    const auto task = [&]() -> Task<void> {
        const CallResult result = co_await std::move(*running);
        signals.cancel();  // else the context is kept busy by waiting for them
        signals.clear();
        waiting.over();
        show(context, result);
        std::fflush(stdout);  // it may be interrupted from here on
        auto finishing = courier.finish();
        co_await std::move(finishing);
    };
    session.run(task());
}

}  // namespace

void add_call(CLI::App& root, Context& context) {
    auto* command = root.add_subcommand(
        "call", "Run one action through the whole pipeline and print its result");
    auto options = std::make_shared<Options>();
    command->add_option("action", options->action, "SERVICE.ACTION")->required();
    command
        ->add_option("--arg", options->args,
                     "An argument, NAME=VALUE, of other types than string as JSON (repeatable)")
        ->allow_extra_args(false);
    command->add_option("--input", options->input, "All arguments as JSON, @FILE, or - for stdin");
    command->add_option("--agent", options->agent,
                        "Call as this agent instead of the config's stdio.agent");
    command->add_flag("--yes,-y", options->yes,
                      "Confirm the call beforehand, where its manifest has it confirmed");
    command->footer(
        "A call that needs an approval is held for approvals.hold; its outcome comes later from\n"
        "kimbap call kimbap_approval_result --arg approval=apr_… --arg wait_seconds=30\n"
        "Exit codes: 0 done, 1 failed, 2 wrong usage or arguments, 3 denied by policy, 4 approval\n"
        "pending, denied or expired, 5 invalid configuration. KIMBAP_TOKEN says who calls, as for\n"
        "`kimbap mcp`.");
    add_json_flag(*command, context);
    command->callback([&context, options] { run(context, *options); });
}

}  // namespace kimbap::cli
