#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/usage.hpp"

namespace {

/// --config may stand after the command as well.
void accept_root_options(CLI::App& app) {
    for (CLI::App* command : app.get_subcommands({})) {
        command->fallthrough();
        accept_root_options(*command);
    }
}

/// No file that is opened later may become one of the standard streams; what is written to one that
/// was closed fails.
void keep_standard_streams() {
    for (int fd = 0; fd <= 2; ++fd) {
        if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", O_RDONLY);
    }
}

/// Whether whoever read the output has gone, which is for them to know why.
bool reader_gone() {
    pollfd out{STDOUT_FILENO, 0, 0};
    return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/// Output that was lost is a failure: a cut-off export must not pass for a whole one.
int finished(int exit) {
    errno = 0;
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit;
    if (!reader_gone()) {
        std::fprintf(stderr, "kimbap: the output could not be written%s%s\n",
                     errno == 0 ? "" : ": ", errno == 0 ? "" : std::strerror(errno));
    }
    return exit == 0 ? static_cast<int>(kimbap::cli::Exit::failed) : exit;
}

}  // namespace

int main(int argc, char** argv) {
    keep_standard_streams();
    // A peer that hangs up, or a file size limit, is an error of one write, not the process's end.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    using namespace kimbap::cli;
    Context context;
    CLI::App app(
        "kimbap: MCP tools from HTTP APIs, under policy, approval, a vault and an audit log");
    app.name("kimbap");
    app.set_version_flag("--version", "kimbap " KIMBAP_VERSION);
    app.add_option("--config", context.config_flag,
                   "Configuration file (else $KIMBAP_CONFIG, ./kimbap.yaml, "
                   "$XDG_CONFIG_HOME/kimbap/kimbap.yaml, /etc/kimbap/kimbap.yaml)");
    app.require_subcommand(1);
    app.footer(
        "A first installation: kimbap init. What it does and how: docs/ in the source tree.");
    for (const auto add : {add_init, add_mcp, add_serve, add_call, add_vault, add_token, add_policy,
                           add_approval, add_audit, add_auth, add_service, add_doctor}) {
        add(app, context);
    }
    accept_root_options(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        const std::string fault = command_fault(app);
        if (fault.empty()) {
            app.exit(error);
        } else {
            std::fprintf(stderr, "%s\n", fault.c_str());
        }
        return static_cast<int>(Exit::usage);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kimbap: %s\n", error.what());
        return static_cast<int>(Exit::failed);
    }
    return finished(static_cast<int>(context.exit));
}
