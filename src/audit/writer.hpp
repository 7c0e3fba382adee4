#pragma once

#include "async/task.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"

namespace kimbap::store {
class Store;
class Transaction;
}  // namespace kimbap::store

namespace kimbap::audit {

/// Chains `record` to the log within `transaction`: for changes of state, which must not be durable
/// without their record, nor the record without them. Runs on the thread that commits.
Result<void> append(store::Transaction& transaction, const Record& record);

/// The log as calls write it. Thread-safe.
class Writer {
public:
    explicit Writer(store::Store& store) : store_(store) {}

    /// Appends and waits until the record is durable; shares its commit with concurrent callers.
    /// Errors: storage_failure with the reason: the caller must refuse or withhold its answer.
    Task<Result<void>> append(Record record);
    /// The same for the command line. Never on an I/O thread.
    Result<void> append_blocking(const Record& record);

private:
    store::Store& store_;
};

}  // namespace kimbap::audit
