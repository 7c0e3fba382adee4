#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/sqlite/batch_writer.hpp"
#include "store/sqlite/change_file.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/tables.hpp"
#include "store/store.hpp"

namespace kimbap::store::sqlite {

/// Store over one SQLite database in WAL mode, shared with other processes.
class SqliteStore final : public Store {
public:
    /// Connections kept open for reading. More may be open at a time: one a reading thread.
    static constexpr std::size_t kMaxIdleReaders = 4;

    /// As open_sqlite_store.
    static Result<std::unique_ptr<Store>> open(const StoreOptions& options);

    void submit(WriteOperation* first) override { batches_.submit(first); }
    Result<void> read(const Read& work) const override;
    Result<void> last_commit() const override { return batches_.last_commit(); }
    const ChangeBoard& changes() const override { return *changes_; }

private:
    SqliteStore(std::string path, std::unique_ptr<Connection> writer, Connection::Mode read_mode,
                std::unique_ptr<ChangeFile> changes);
    Result<std::unique_ptr<Connection>> borrow_reader() const;

    std::string path_;
    std::unique_ptr<Connection> writer_;
    Connection::Mode read_mode_;
    Tables tables_;
    std::unique_ptr<ChangeFile> changes_;

    mutable std::mutex readers_mutex_;
    mutable std::vector<std::unique_ptr<Connection>> readers_;

    BatchWriter batches_;  ///< Last, so that its thread ends first.
};

}  // namespace kimbap::store::sqlite
