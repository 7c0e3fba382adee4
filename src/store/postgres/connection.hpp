#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/error.hpp"
#include "store/postgres/pq_library.hpp"
#include "store/sql/connection.hpp"

namespace kimbap::store::postgres {

class PreparedStatement;

struct ConnectionOptions {
    std::string url;          ///< As parameters_of() takes it. May hold a password.
    bool synchronous = true;  ///< A commit is durable when it returns.
    /// How long an answer is waited for. The server gives up statements and locks sooner.
    std::chrono::milliseconds patience{15'000};
};

/// One connection to a PostgreSQL server (12 or later) with its prepared statements. Everything is
/// in the schema `kimbap`. Whatever is lost with a connection is lost: the next transaction begins
/// on a new one. Used by one thread at a time.
class Connection final : public sql::Connection {
public:
    /// Errors: storage_failure with the server's reason and the mend; unavailable without libpq;
    /// unsupported for a server that is too old.
    static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options);
    ~Connection() override;

    Result<sql::Statement> prepare(const char* sql) override;
    Result<void> run(const char* sql) override;
    Result<void> begin_write() override;
    Result<void> begin_read() override;
    Result<void> commit() override;
    Result<void> save() override;
    /// Sent along with the next save(): a round trip less for each piece of work.
    Result<void> release() override;
    [[nodiscard]] bool in_transaction() const override;
    [[nodiscard]] bool fails_by_statement() const override { return false; }
    [[nodiscard]] std::int64_t changes() const override { return changes_; }

    /// To wait on for what the server sends by itself.
    [[nodiscard]] int socket() const { return library_.socket(handle_); }
    /// Takes in what the server sent and gives the payload of the next notification, if any.
    /// Errors: storage_failure where the connection is lost.
    Result<std::optional<std::string>> next_notification();

private:
    friend class PreparedStatement;
    Connection(const PqLibrary& library, const ConnectionOptions& options);
    Result<void> connect();
    Result<void> establish();
    void disconnect() noexcept;
    Result<void> begin(const char* sql);
    [[nodiscard]] bool lost() const;
    using Answer = std::unique_ptr<PGresult, decltype(&::PQclear)>;
    /// The answer to what was sent (`sent`: 1, of PQsend…): the first error, or else the last
    /// result; null where none came.
    Answer answer(int sent);
    /// The same, where it is a success. Errors: as error_of.
    Result<Answer> ask(int sent);
    /// Until there is something to read, or to write. False after `deadline`.
    [[nodiscard]] bool wait(short events, std::chrono::steady_clock::time_point deadline);
    /// What the failed `result` of the last command means to kimbap's callers. Ends a connection
    /// that is lost, and with it what the server still does on it.
    [[nodiscard]] Error error_of(const PGresult* result);

    const PqLibrary& library_;
    const ConnectionOptions options_;
    PGconn* handle_ = nullptr;
    bool release_due_ = false;
    bool silent_ = false;  ///< The server gave no answer in time.
    std::int64_t changes_ = 0;
    std::uint64_t names_ = 0;  ///< Of statements, given out so far.
    std::unordered_map<const char*, std::unique_ptr<PreparedStatement>> statements_;
};

}  // namespace kimbap::store::postgres
