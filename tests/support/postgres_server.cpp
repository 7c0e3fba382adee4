#include "support/postgres_server.hpp"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace kimbap::test {

namespace {

/// PostgreSQL refuses to run as root; Debian's package makes this user for it.
constexpr const char* kUser = "postgres";

std::string find_programs() {
    const std::filesystem::path all = "/usr/lib/postgresql";
    if (std::filesystem::exists(all)) {
        for (const auto& version : std::filesystem::directory_iterator(all)) {
            if (std::filesystem::exists(version.path() / "bin/initdb")) {
                return version.path() / "bin/";
            }
        }
    }
    throw std::runtime_error("postgresql is not installed (scripts/packages --install test)");
}

void must_run(const std::vector<std::string>& arguments) {
    const Ran ran = run_program(arguments, {});
    if (ran.code != 0) throw std::runtime_error(arguments[0] + ": " + ran.out + ran.err);
}

}  // namespace

PostgresServer::PostgresServer() : programs_(find_programs()) {
    if (::geteuid() == 0) {
        const passwd* const user = ::getpwnam(kUser);
        if (user == nullptr || ::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
            throw std::runtime_error("no user for PostgreSQL");
        }
    }
    must_run(as_its_user({programs_ + "initdb", "--pgdata=" + folder_ / "data", "--username=kimbap",
                          "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}));
    start();
}

PostgresServer::~PostgresServer() {
    stop();
}

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

std::vector<std::string> PostgresServer::as_its_user(std::vector<std::string> arguments) const {
    if (::geteuid() != 0) return arguments;
    std::vector<std::string> out{"/usr/bin/setpriv", "--reuid", kUser,
                                 "--regid",          kUser,     "--clear-groups"};
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
}

void PostgresServer::start() {
    server_ = std::make_unique<Program>(
        as_its_user({programs_ + "postgres", "-D", folder_ / "data", "-k", folder_.path(), "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200", "-c",
                     "shared_buffers=16MB"}),
        Launch{});
    server_->wait_for_error("ready to accept connections");
}

void PostgresServer::stop() {
    if (server_ == nullptr) return;
    server_->signal(SIGQUIT);  // PostgreSQL's immediate shutdown
    static_cast<void>(server_->wait());
    server_.reset();
}

std::string PostgresServer::url_of(const std::string& database) const {
    return "postgresql:///" + database + "?user=kimbap&host=" + folder_.path();
}

std::string PostgresServer::new_database() {
    const std::string name = "db" + std::to_string(++databases_);
    must_run({programs_ + "createdb", "--host=" + folder_.path(), "--username=kimbap", name});
    return url_of(name);
}

std::string PostgresServer::execute(const std::string& url, const std::string& sql) const {
    const Ran ran = run_program({programs_ + "psql", "--no-psqlrc", "--quiet", "--tuples-only",
                                 "--no-align", "--set=ON_ERROR_STOP=1", "--command=" + sql, url},
                                {});
    if (ran.code != 0) throw std::runtime_error("psql: " + ran.err);
    return ran.out;
}

void PostgresServer::signal_backends(const std::string& url, int number) {
    if (number != SIGCONT) {
        stopped_.clear();
        std::istringstream pids(execute(url,
                                        "SELECT pid FROM pg_stat_activity WHERE datname = "
                                        "current_database() AND pid <> pg_backend_pid()"));
        for (pid_t pid = 0; pids >> pid;) stopped_.push_back(pid);
    }
    for (const pid_t pid : stopped_) ::kill(pid, number);
}

}  // namespace kimbap::test
