#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/sqlite/change_file.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/tables.hpp"
#include "store/store.hpp"

namespace kimbap::store::sqlite {

/// Store over one SQLite database in WAL mode, shared with other processes.
class SqliteStore final : public Store {
public:
    static constexpr std::size_t kMaxQueue = 65'536;
    /// Works of one commit: more would let the first wait for the last.
    static constexpr std::size_t kMaxBatch = 512;
    static constexpr std::size_t kMaxIdleReaders = 4;

    static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
    /// Writes what is queued, then closes.
    ~SqliteStore() override;

    void submit(Write work, std::function<void(Result<void>)> done) override;
    Result<void> read(const Read& work) const override;
    const ChangeBoard& changes() const override { return *changes_; }

private:
    struct Job {
        Write work;
        std::function<void(Result<void>)> done;
        Result<void> outcome;
    };

    SqliteStore(std::string path, std::unique_ptr<Connection> writer,
                std::unique_ptr<ChangeFile> changes);
    void loop();
    void commit(std::vector<Job>& batch);
    void run_works(std::vector<Job>& batch, TouchSet& touched);
    Result<void> run_in_savepoint(Job& job, bool alone);
    void fail_all(std::vector<Job>& batch, const Error& error);
    Result<std::unique_ptr<Connection>> borrow_reader() const;

    std::string path_;
    std::unique_ptr<Connection> writer_;
    Tables tables_;
    std::unique_ptr<ChangeFile> changes_;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    bool stopping_ = false;
    std::thread thread_;  ///< Started by the first write.

    mutable std::mutex readers_mutex_;
    mutable std::vector<std::unique_ptr<Connection>> readers_;
};

}  // namespace kimbap::store::sqlite
