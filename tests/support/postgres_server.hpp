#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "support/program.hpp"
#include "support/temp_folder.hpp"

namespace kimbap::test {

/// A PostgreSQL server of its own, reached through a socket in its folder. It ends with this.
class PostgresServer {
public:
    /// Throws where PostgreSQL is not installed or doesn't start.
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    /// The one of this process, started when it is first asked for.
    static PostgresServer& shared();

    /// The URL of a database that is new and empty.
    std::string new_database();
    /// Runs statements as the server's superuser and gives what psql printed.
    std::string execute(const std::string& url, const std::string& sql) const;

    /// Sends a signal to the server's processes of all connections to a database but this one.
    void signal_backends(const std::string& url, int number);
    /// Ends at once, with all connections.
    void stop();
    void start();

private:
    [[nodiscard]] std::vector<std::string> as_its_user(std::vector<std::string> arguments) const;
    [[nodiscard]] std::string url_of(const std::string& database) const;

    TempFolder folder_;
    std::string programs_;  ///< Where PostgreSQL's are.
    int databases_ = 0;
    std::vector<pid_t> stopped_;  ///< By SIGSTOP: they can't be asked for then.
    std::unique_ptr<Program> server_;
};

}  // namespace kimbap::test
