#include "store/sqlite/sqlite_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>

#include "store/sqlite/schema.hpp"

namespace kimbap::store::sqlite {

namespace {

Result<void> prepare_folder(const std::string& folder) {
    std::error_code error;
    const bool existed = std::filesystem::exists(folder, error);
    if (!existed) std::filesystem::create_directories(folder, error);
    if (error) {
        return make_error(Errc::storage_failure,
                          folder + ": cannot be created: " + error.message() +
                              " (choose another data_dir, or make its parent writable)");
    }
    if (!existed) ::chmod(folder.c_str(), 0700);
    return {};
}

/// SQLite gives its -wal and -shm files the permissions of the database file.
void create_private(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
}

}  // namespace

Result<std::unique_ptr<Store>> SqliteStore::open(const StoreOptions& options) {
    const Result<void> folder = prepare_folder(options.data_dir);
    if (!folder) return folder.error();
    const std::string path = options.data_dir + "/kimbap.db";
    create_private(path);
    auto writer = Connection::open(path, Connection::Mode::read_write);
    if (!writer) return writer.error();
    const char* const synchronous =
        options.fsync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
    for (const char* sql : {"PRAGMA journal_mode=WAL", synchronous, "PRAGMA foreign_keys=ON"}) {
        const Result<void> done = (*writer)->execute(sql);
        if (!done) return make_error(Errc::storage_failure, path + ": " + done.error().message);
    }
    const Result<void> migrated = migrate(**writer);
    if (!migrated) return make_error(migrated.error().code, path + ": " + migrated.error().message);
    auto changes = ChangeFile::open(options.data_dir + "/changes");
    if (!changes) return changes.error();
    return std::unique_ptr<Store>(new SqliteStore(path, std::move(*writer), std::move(*changes)));
}

SqliteStore::SqliteStore(std::string path, std::unique_ptr<Connection> writer,
                         std::unique_ptr<ChangeFile> changes)
    : path_(std::move(path)),
      writer_(std::move(writer)),
      tables_(*writer_),
      changes_(std::move(changes)) {}

SqliteStore::~SqliteStore() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void SqliteStore::submit(Write work, std::function<void(Result<void>)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ && queue_.size() < kMaxQueue) {
            queue_.push_back({std::move(work), std::move(done), {}});
            if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
            if (queue_.size() == 1) wake_.notify_one();
            return;
        }
    }
    done(make_error(Errc::unavailable, "too many writes are waiting for the store (try again)"));
}

void SqliteStore::loop() {
    std::vector<Job> batch;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            while (!queue_.empty() && batch.size() < kMaxBatch) {
                batch.push_back(std::move(queue_.front()));
                queue_.pop_front();
            }
        }
        commit(batch);
        for (Job& job : batch) job.done(std::move(job.outcome));
        batch.clear();
    }
}

void SqliteStore::commit(std::vector<Job>& batch) {
    tables_.audit_table().forget_head();
    const Result<void> begun = writer_->execute("BEGIN IMMEDIATE");
    if (!begun) return fail_all(batch, begun.error());
    TouchSet touched;
    run_works(batch, touched);
    if (!writer_->in_transaction()) return;  // run_works failed them all
    changes_->announce(touched.bits());
    const Result<void> committed = writer_->execute("COMMIT");
    if (!committed) {
        if (writer_->in_transaction()) static_cast<void>(writer_->execute("ROLLBACK"));
        fail_all(batch, committed.error());
    }
    changes_->settle();
}

void SqliteStore::run_works(std::vector<Job>& batch, TouchSet& touched) {
    for (Job& job : batch) {
        tables_.touched().clear();
        job.outcome = run_in_savepoint(job, batch.size() == 1);
        if (!writer_->in_transaction()) {
            // SQLite gives up whole transactions on some errors, a full disk among them.
            const Error error =
                job.outcome ? make_error(Errc::storage_failure, "the store gave up a transaction")
                            : job.outcome.error();
            return fail_all(batch, error);
        }
        if (job.outcome) touched.merge(tables_.touched().bits());
    }
}

Result<void> SqliteStore::run_in_savepoint(Job& job, bool alone) {
    if (!alone) {
        const Result<void> begun = writer_->execute("SAVEPOINT work");
        if (!begun) return begun;
    }
    Result<void> outcome = {};
    try {
        outcome = job.work(tables_);
    } catch (const std::exception& error) {
        outcome = make_error(Errc::internal, std::string("a write failed: ") + error.what());
    }
    if (!outcome) tables_.audit_table().forget_head();
    if (!writer_->in_transaction()) return outcome;
    if (!outcome && alone) {
        // Nothing else is in the transaction: an empty commit does no harm, a partial one would.
        static_cast<void>(writer_->execute("ROLLBACK"));
        const Result<void> begun = writer_->execute("BEGIN IMMEDIATE");
        static_cast<void>(begun);
    } else if (!alone) {
        if (!outcome) static_cast<void>(writer_->execute("ROLLBACK TO work"));
        const Result<void> released = writer_->execute("RELEASE work");
        if (!released && outcome) return released;
    }
    return outcome;
}

void SqliteStore::fail_all(std::vector<Job>& batch, const Error& error) {
    for (Job& job : batch) {
        if (job.outcome) job.outcome = error;
    }
}

Result<std::unique_ptr<Connection>> SqliteStore::borrow_reader() const {
    {
        const std::lock_guard lock(readers_mutex_);
        if (!readers_.empty()) {
            auto reader = std::move(readers_.back());
            readers_.pop_back();
            return reader;
        }
    }
    return Connection::open(path_, Connection::Mode::read_only);
}

Result<void> SqliteStore::read(const Read& work) const {
    auto reader = borrow_reader();
    if (!reader) return reader.error();
    Result<void> outcome = (*reader)->execute("BEGIN");
    if (!outcome) return outcome;
    {
        Tables tables(**reader);
        outcome = work(tables);
    }
    const Result<void> ended = (*reader)->execute("COMMIT");
    if (!ended) return outcome ? ended : outcome;
    const std::lock_guard lock(readers_mutex_);
    if (readers_.size() < kMaxIdleReaders) readers_.push_back(std::move(*reader));
    return outcome;
}

}  // namespace kimbap::store::sqlite

namespace kimbap::store {

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options) {
    return sqlite::SqliteStore::open(options);
}

}  // namespace kimbap::store
