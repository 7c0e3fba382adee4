#include "store/sql/batch_writer.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "store/sql/change_signal.hpp"
#include "store/sql/connection.hpp"
#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

namespace {

void fail_all(const std::vector<WriteOperation*>& batch, const Error& error) {
    for (WriteOperation* operation : batch) {
        if (operation->outcome) operation->outcome = error;
    }
}

/// Hands operations back, those of one sink together and in their order.
void deliver(const std::vector<WriteOperation*>& batch) {
    struct Group {
        WriteSink* sink;
        WriteOperation* first;
        WriteOperation* last;
    };
    std::vector<Group> groups;
    for (WriteOperation* operation : batch) {
        operation->next = nullptr;
        const auto group = std::find_if(groups.rbegin(), groups.rend(), [&](const Group& known) {
            return known.sink == operation->sink;
        });
        if (group == groups.rend()) {
            groups.push_back({operation->sink, operation, operation});
        } else {
            group->last = group->last->next = operation;
        }
    }
    for (const Group& group : groups) group.sink->deliver(group.first);
}

}  // namespace

BatchWriter::BatchWriter(Connection& connection, Tables& tables, ChangeSignal& changes,
                         std::function<void()> after_commit)
    : connection_(connection),
      tables_(tables),
      changes_(changes),
      after_commit_(std::move(after_commit)) {}

BatchWriter::~BatchWriter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void BatchWriter::submit(WriteOperation* first) {
    if (first == nullptr) return;
    if (enter_alone(*first)) {
        const bool committed = commit_alone(*first);
        leave();
        if (committed) return first->sink->deliver(first);
    }
    std::vector<WriteOperation*> refused;
    {
        const std::lock_guard lock(mutex_);
        const bool idle = first_ == nullptr && !in_use_;
        while (first != nullptr) {
            WriteOperation* const operation = std::exchange(first, first->next);
            operation->next = nullptr;
            if (stopping_ || queued_ >= kMaxQueue) {
                refused.push_back(operation);
                continue;
            }
            (first_ == nullptr ? first_ : last_->next) = operation;
            last_ = operation;
            ++queued_;
        }
        if (!thread_.joinable() && first_ != nullptr) thread_ = std::thread([this] { loop(); });
        if (idle && first_ != nullptr) wake_.notify_one();
    }
    if (refused.empty()) return;
    fail_all(refused, make_error(Errc::unavailable,
                                 "too many writes are waiting for the store (try again later)"));
    deliver(refused);
}

bool BatchWriter::enter_alone(const WriteOperation& operation) {
    const std::lock_guard lock(mutex_);
    const bool alone = operation.next == nullptr && first_ == nullptr && !in_hand_;
    alone_ = alone ? alone_ + 1 : 0;
    if (alone_ <= kEnoughAlone || alone_ % kThreadsTurn == 0 || in_use_ || stopping_) return false;
    in_use_ = in_hand_ = operation.single_statement && connection_.commits_at_once();
    return in_use_;
}

void BatchWriter::leave() {
    const std::lock_guard lock(mutex_);
    in_use_ = in_hand_ = false;
    if (first_ != nullptr || stopping_) wake_.notify_one();
}

bool BatchWriter::commit_alone(WriteOperation& operation) {
    if (!connection_.try_begin_write()) return false;
    const Batch alone{&operation};
    commit_begun(alone);
    note(alone);
    return true;
}

Result<void> BatchWriter::last_commit() const {
    const std::lock_guard lock(mutex_);
    return last_commit_;
}

void BatchWriter::note(const Batch& batch) {
    const auto failed =
        std::find_if(batch.begin(), batch.end(), [](const WriteOperation* operation) {
            return !operation->outcome && operation->outcome.error().code == Errc::storage_failure;
        });
    const std::lock_guard lock(mutex_);
    in_hand_ = false;
    if (failed != batch.end()) {
        last_commit_ = (*failed)->outcome.error();
    } else if (!last_commit_) {
        last_commit_ = {};
    }
}

void BatchWriter::loop() {
    Batch batch;
    for (;;) {
        batch.clear();
        {
            std::unique_lock lock(mutex_);
            in_use_ = false;
            wake_.wait(lock, [this] { return !in_use_ && (stopping_ || first_ != nullptr); });
            if (first_ == nullptr) return;
            in_use_ = in_hand_ = true;
            while (first_ != nullptr && batch.size() < kMaxBatch) {
                batch.push_back(std::exchange(first_, first_->next));
                --queued_;
            }
        }
        commit(batch);
        note(batch);
        deliver(batch);
        after_commit_();
    }
}

void BatchWriter::commit(const Batch& batch) {
    const Result<void> begun = connection_.begin_write();
    if (!begun) return fail_all(batch, begun.error());
    commit_begun(batch);
}

void BatchWriter::commit_begun(const Batch& batch) {
    tables_.audit_table().forget_head();
    const Result<unsigned> touched = run_all(batch);
    if (!touched) return fail_all(batch, touched.error());
    if (std::none_of(batch.begin(), batch.end(), [](const WriteOperation* operation) {
            return operation->outcome.has_value();
        })) {
        return rollback();
    }
    const Result<void> announced = changes_.announce(*touched);
    const Result<void> committed = announced ? connection_.commit() : announced;
    if (!committed) {
        rollback();
        fail_all(batch, committed.error());
    }
    changes_.settle();
}

Result<unsigned> BatchWriter::run_all(const Batch& batch) {
    unsigned touched = 0;
    for (WriteOperation* operation : batch) {
        tables_.touched().clear();
        const bool undone_alone = operation->single_statement && connection_.fails_by_statement();
        run_one(*operation, batch.size() > 1 && !undone_alone);
        if (!connection_.in_transaction()) {
            // Some failures, a full disk and a lost connection among them, take the whole
            // transaction with them.
            if (!operation->outcome) return operation->outcome.error();
            return make_error(Errc::storage_failure, "the store gave up a transaction");
        }
        if (operation->outcome) touched |= tables_.touched().bits();
    }
    return touched;
}

void BatchWriter::run_one(WriteOperation& operation, bool savepoint) {
    if (savepoint) {
        operation.outcome = connection_.save();
        if (!operation.outcome) return;
    }
    try {
        operation.outcome = operation.run(tables_);
    } catch (const std::exception& error) {
        operation.outcome =
            make_error(Errc::internal, std::string("a write failed: ") + error.what());
    }
    if (!operation.outcome) tables_.audit_table().forget_head();
    if (!savepoint || !connection_.in_transaction()) return;
    if (!operation.outcome) {
        const Result<void> undone = connection_.undo();
        // What can't be undone must not be committed with the others' works.
        if (!undone) return rollback();
    }
    const Result<void> released = connection_.release();
    if (!released && operation.outcome) operation.outcome = released;
}

void BatchWriter::rollback() {
    if (connection_.in_transaction()) static_cast<void>(connection_.run("ROLLBACK"));
    tables_.audit_table().forget_head();
}

}  // namespace kimbap::store::sql
