#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "store/write_operation.hpp"

namespace kimbap::store::sql {

class ChangeSignal;
class Connection;
class Tables;

/// The writer thread: takes what is queued, commits it as one transaction, hands the operations
/// back.
class BatchWriter {
public:
    /// Operations that may wait: beyond, the disk is not keeping up and callers are told.
    static constexpr std::size_t kMaxQueue = 65'536;
    /// Operations of one commit: more would let the first wait for the last.
    static constexpr std::size_t kMaxBatch = 512;

    /// All outlive the writer, which alone uses the connection from its first operation on.
    /// `after_commit` runs on its thread between two commits.
    BatchWriter(Connection& connection, Tables& tables, ChangeSignal& changes,
                std::function<void()> after_commit);
    /// Writes what is queued, then ends the thread.
    ~BatchWriter();
    BatchWriter(const BatchWriter&) = delete;
    BatchWriter& operator=(const BatchWriter&) = delete;

    /// As Store::submit. The first call starts the thread.
    void submit(WriteOperation* first);
    /// As Store::last_commit.
    Result<void> last_commit() const;

private:
    using Batch = std::vector<WriteOperation*>;

    void loop();
    void commit(const Batch& batch);
    /// Keeps for last_commit() how a batch went.
    void note(const Batch& batch);
    /// Runs the works in the open transaction. Returns the topics touched by those that succeeded;
    /// an error where the database gave up the transaction meanwhile.
    Result<unsigned> run_all(const Batch& batch);
    void run_one(WriteOperation& operation, bool savepoint);
    void rollback();

    Connection& connection_;
    Tables& tables_;
    ChangeSignal& changes_;
    const std::function<void()> after_commit_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    WriteOperation* first_ = nullptr;
    WriteOperation* last_ = nullptr;
    std::size_t queued_ = 0;
    bool stopping_ = false;
    Result<void> last_commit_ = {};
    std::thread thread_;
};

}  // namespace kimbap::store::sql
