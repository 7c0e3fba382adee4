#pragma once

#include <memory>
#include <string>

#include "store/sql/batch_writer.hpp"
#include "store/sql/readers.hpp"
#include "store/sql/tables.hpp"
#include "store/sqlite/change_file.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/log_tidier.hpp"
#include "store/store.hpp"

namespace kimbap::store::sqlite {

/// Store over one SQLite database in WAL mode, shared with other processes.
class SqliteStore final : public Store {
public:
    /// As open_store.
    static Result<std::unique_ptr<Store>> open(const StoreOptions& options);

    void submit(WriteOperation* first) override { batches_.submit(first); }
    Result<void> read(const Read& work) const override { return readers_.read(work); }
    Result<std::unique_ptr<Hold>> try_hold(const std::string& name) override;
    Result<void> last_commit() const override { return batches_.last_commit(); }
    const ChangeBoard& changes() const override { return *changes_; }

private:
    SqliteStore(const std::string& folder, std::unique_ptr<Connection> writer,
                Connection::Mode read_mode, std::unique_ptr<ChangeFile> changes);

    const std::string folder_;
    std::unique_ptr<Connection> writer_;
    sql::Tables tables_;
    std::unique_ptr<ChangeFile> changes_;
    mutable sql::Readers readers_;
    LogTidier tidier_;
    sql::BatchWriter batches_;  ///< Last, so that its thread ends first.
};

}  // namespace kimbap::store::sqlite
