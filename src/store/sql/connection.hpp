#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store::sql {

/// What a kind of database does for a Statement. Parameters count from 1, columns from 0.
class StatementBody {
public:
    virtual void bind(int parameter, std::int64_t value) = 0;
    virtual void bind_text(int parameter, std::string_view text) = 0;
    virtual void bind_blob(int parameter, std::string_view bytes) = 0;
    virtual void bind_null(int parameter) = 0;
    virtual Result<bool> step() = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    [[nodiscard]] virtual std::string_view view(int column) const = 0;
    [[nodiscard]] virtual bool is_null(int column) const = 0;
    /// The statement is no longer used: what it holds of rows and parameters goes.
    virtual void release() noexcept = 0;

protected:
    ~StatementBody() = default;
};

/// A prepared statement on loan from its Connection, given back when this dies.
class Statement {
public:
    explicit Statement(StatementBody& body) : body_(&body) {}
    Statement(Statement&& other) noexcept
        : body_(std::exchange(other.body_, nullptr)), next_(other.next_) {}
    Statement(const Statement&) = delete;
    ~Statement() {
        if (body_ != nullptr) body_->release();
    }

    /// Binds the next parameter. Text and blobs are not copied: they outlive the statement's use.
    Statement& bind(std::int64_t value) {
        body_->bind(next_++, value);
        return *this;
    }
    Statement& bind(std::string_view text) {
        body_->bind_text(next_++, text);
        return *this;
    }
    Statement& bind_blob(const void* data, std::size_t size) {
        body_->bind_blob(next_++, {static_cast<const char*>(data), size});
        return *this;
    }
    Statement& bind(TimePoint time) { return bind(to_unix_micros(time)); }
    Statement& bind(std::optional<TimePoint> time) { return time ? bind(*time) : bind_null(); }
    Statement& bind_null() {
        body_->bind_null(next_++);
        return *this;
    }

    /// Advances: true where there is a row. Errors: storage_failure, already_exists on a
    /// constraint.
    Result<bool> step() { return body_->step(); }
    /// step(), for statements without rows.
    Result<void> run();

    [[nodiscard]] std::int64_t integer(int column) const { return body_->integer(column); }
    [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }
    /// Valid until the next step.
    [[nodiscard]] std::string_view view(int column) const { return body_->view(column); }
    [[nodiscard]] bool is_null(int column) const { return body_->is_null(column); }
    [[nodiscard]] TimePoint time(int column) const { return from_unix_micros(integer(column)); }
    [[nodiscard]] std::optional<TimePoint> optional_time(int column) const;

private:
    StatementBody* body_;
    int next_ = 1;
};

/// One connection to a database, as the tables and the writer use it: in one dialect of SQL, what
/// SQLite and PostgreSQL have in common, with `?` for each parameter in turn. Used by one thread at
/// a time.
class Connection {
public:
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// `sql` is a literal: statements are cached by its address.
    virtual Result<Statement> prepare(const char* sql) = 0;
    /// Runs one statement without parameters or rows.
    virtual Result<void> run(const char* sql);

    /// Begins a transaction that writes: of all who share the database, one at a time. Waits for
    /// the others, though not for ever. Errors: storage_failure.
    virtual Result<void> begin_write() = 0;
    /// The same without waiting: false where somebody else is at it, or where it fails.
    virtual bool try_begin_write() { return false; }
    /// Whether the next commit waits for neither a disk nor a network.
    [[nodiscard]] virtual bool commits_at_once() const { return false; }
    /// Begins a transaction that sees the database as it is at its first look.
    virtual Result<void> begin_read() = 0;
    virtual Result<void> commit() = 0;
    /// Within a transaction, one piece of work after the other: save() before each, then release(),
    /// after undo() where it failed.
    virtual Result<void> save() { return run("SAVEPOINT work"); }
    virtual Result<void> undo() { return run("ROLLBACK TO work"); }
    virtual Result<void> release() { return run("RELEASE work"); }
    /// False once the database has given up the transaction by itself.
    [[nodiscard]] virtual bool in_transaction() const = 0;
    /// Whether a statement that fails is undone alone. Elsewhere nothing more can be done in its
    /// transaction but going back to a savepoint.
    [[nodiscard]] virtual bool fails_by_statement() const = 0;
    /// Rows that the last statement inserted, updated or deleted.
    [[nodiscard]] virtual std::int64_t changes() const = 0;

protected:
    Connection() = default;
};

}  // namespace kimbap::store::sql
