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
///
/// Where commits wait for nothing (Connection::commits_at_once), waking the thread and being woken
/// by it takes longer than the commit. An operation of a single statement that comes alone, as
/// those before it did, is then committed on the thread that submits it.
class BatchWriter {
public:
    /// Operations that may wait: beyond, the disk is not keeping up and callers are told.
    static constexpr std::size_t kMaxQueue = 65'536;
    /// Operations of one commit: more would let the first wait for the last.
    static constexpr std::size_t kMaxBatch = 512;

    /// This many have to come alone for the next one to count as alone.
    static constexpr unsigned kEnoughAlone = 16;
    /// Of operations that come alone, each such one is the thread's, for the sake of after_commit.
    static constexpr unsigned kThreadsTurn = 32;

    /// All outlive the writer, which alone uses the connection from its first operation on.
    /// `after_commit` runs on its thread, between two commits.
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
    /// Whether an operation, submitted now, may be committed by its thread: if so, nobody else
    /// commits until leave().
    bool enter_alone(const WriteOperation& operation);
    void leave();
    /// Commits an operation that entered alone; false where it has to wait for somebody.
    bool commit_alone(WriteOperation& operation);
    void commit(const Batch& batch);
    /// The rest of a commit, in a transaction that has begun.
    void commit_begun(const Batch& batch);
    /// Keeps for last_commit() how a batch went, which is through.
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
    bool in_use_ = false;   ///< The connection, by some thread.
    bool in_hand_ = false;  ///< Operations, taken from the queue and not yet through.
    unsigned alone_ = 0;    ///< Operations that came alone since the last that did not.
    bool stopping_ = false;
    Result<void> last_commit_ = {};
    std::thread thread_;
};

}  // namespace kimbap::store::sql
