#pragma once

#include <atomic>
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

    /// The server's process for this connection, which its notifications name. Thread-safe.
    [[nodiscard]] int backend() const { return backend_.load(std::memory_order_relaxed); }
    /// To wait on for what the server sends by itself.
    [[nodiscard]] int socket() const { return library_.socket(handle_); }
    /// Takes in what the server sent and gives the next notification, or null.
    struct Notification {
        int backend = 0;
        std::string payload;
    };
    /// Errors: storage_failure where the connection is lost.
    Result<std::optional<Notification>> next_notification();

private:
    friend class PreparedStatement;
    Connection(const PqLibrary& library, const ConnectionOptions& options);
    Result<void> connect();
    void disconnect() noexcept;
    Result<void> begin(const char* sql);
    [[nodiscard]] bool lost() const;
    /// What the failed `result` of the last command means to kimbap's callers. Notes where the
    /// connection is lost.
    [[nodiscard]] Error error_of(const PGresult* result);

    const PqLibrary& library_;
    const ConnectionOptions options_;
    PGconn* handle_ = nullptr;
    std::atomic<int> backend_ = 0;
    bool release_due_ = false;
    bool broken_ = false;  ///< Lost, though libpq may not say so yet.
    std::int64_t changes_ = 0;
    std::uint64_t names_ = 0;  ///< Of statements, given out so far.
    std::unordered_map<const char*, std::unique_ptr<PreparedStatement>> statements_;
};

}  // namespace kimbap::store::postgres
