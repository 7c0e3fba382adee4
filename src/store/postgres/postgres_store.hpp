#pragma once

#include <memory>

#include "store/postgres/change_listener.hpp"
#include "store/postgres/connection.hpp"
#include "store/sql/batch_writer.hpp"
#include "store/sql/readers.hpp"
#include "store/sql/tables.hpp"
#include "store/store.hpp"

namespace kimbap::store::postgres {

/// Store over the schema `kimbap` of a PostgreSQL database, shared with other machines.
class PostgresStore final : public Store {
public:
    /// As open_store.
    static Result<std::unique_ptr<Store>> open(const ConnectionOptions& options);

    void submit(WriteOperation* first) override { batches_.submit(first); }
    Result<void> read(const Read& work) const override { return readers_.read(work); }
    Result<std::unique_ptr<Hold>> try_hold(const std::string& name) override;
    Result<void> last_commit() const override { return batches_.last_commit(); }
    const ChangeBoard& changes() const override { return *changes_; }

private:
    PostgresStore(const ConnectionOptions& options, std::unique_ptr<Connection> writer,
                  std::unique_ptr<ChangeListener> changes);

    const ConnectionOptions options_;
    std::unique_ptr<Connection> writer_;
    sql::Tables tables_;
    std::unique_ptr<ChangeListener> changes_;
    mutable sql::Readers readers_;
    sql::BatchWriter batches_;  ///< Last, so that its thread ends first.
};

}  // namespace kimbap::store::postgres
