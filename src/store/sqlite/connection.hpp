#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store::sqlite {

/// A prepared statement on loan from its Connection: reset and unbound when this dies.
class Statement {
public:
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Statement(const Statement&) = delete;
    ~Statement();

    /// Binds the next parameter. Text and blobs are not copied: they outlive the statement's use.
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind_blob(const void* data, std::size_t size);
    Statement& bind(TimePoint time) { return bind(to_unix_micros(time)); }
    Statement& bind(std::optional<TimePoint> time);
    Statement& bind_null();

    /// Advances: true where there is a row. Errors: storage_failure, already_exists on a
    /// constraint.
    Result<bool> step();
    /// step(), for statements without rows.
    Result<void> run();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    /// Valid until the next step.
    [[nodiscard]] std::string_view view(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] TimePoint time(int column) const { return from_unix_micros(integer(column)); }
    [[nodiscard]] std::optional<TimePoint> optional_time(int column) const;

private:
    sqlite3_stmt* statement_;
    int next_ = 1;
};

/// One SQLite connection with its cached statements. Used by one thread at a time.
class Connection {
public:
    enum class Mode { read_write, read_only };
    /// Errors: storage_failure with the path, the reason and the mend.
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// `sql` is a literal: statements are cached by its address.
    Result<Statement> prepare(const char* sql);
    /// Runs statements without parameters or rows.
    Result<void> execute(const char* sql);
    [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(handle_); }
    [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

private:
    explicit Connection(sqlite3* handle) : handle_(handle) {}

    sqlite3* handle_;
    std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

/// What SQLite's last failure on `handle` means to kimbap's callers.
[[nodiscard]] Error error_of(sqlite3* handle, int code);

}  // namespace kimbap::store::sqlite
