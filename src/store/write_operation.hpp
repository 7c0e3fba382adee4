#pragma once

#include "base/error.hpp"

namespace kimbap::store {

class Transaction;
class WriteOperation;

/// Where operations go once their commit is through.
class WriteSink {
public:
    /// Takes back the operations of one commit, linked by `next`, each with its outcome set. Called
    /// on the thread that committed; must not block. An operation may be destroyed from here on.
    virtual void deliver(WriteOperation* first) noexcept = 0;

protected:
    ~WriteSink() = default;
};

/// One queued write. It lives with whoever waits for it (in a coroutine's frame or on a stack), so
/// that queueing allocates nothing; it stays put until its sink has it back.
class WriteOperation {
public:
    explicit WriteOperation(WriteSink& sink, bool single_statement = false)
        : sink(&sink), single_statement(single_statement) {}
    WriteOperation(const WriteOperation&) = delete;
    WriteOperation& operator=(const WriteOperation&) = delete;

    /// The work, as a Write. Called once, on the thread that commits.
    virtual Result<void> run(Transaction& transaction) = 0;

    WriteSink* const sink;
    /// Promises that run() changes the database by its last statement alone: that one fails as a
    /// whole by itself, so the work needs no savepoint of its own.
    const bool single_statement;
    Result<void> outcome;
    WriteOperation* next = nullptr;  ///< Of whichever list it is in.

protected:
    ~WriteOperation() = default;
};

}  // namespace kimbap::store
