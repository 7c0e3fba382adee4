#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/checkpoint.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store {
class Snapshot;
class Store;
}  // namespace kimbap::store

namespace kimbap::audit {

/// Which records a listing wants; empty members want all.
struct Filter {
    std::string kind;
    std::string call;
    std::string agent;
    std::string action;
    std::optional<TimePoint> since;
    /// The last so many that fit; 0 for all.
    std::size_t limit = 0;
    /// Only records after this one.
    std::int64_t after_seq = 0;
};

/// Hands each fitting record to `each` as an exported line (audit/chain.hpp), ascending. Blocks.
Result<void> for_each(const store::Store& store, const Filter& filter,
                      const std::function<void(std::int64_t seq, const std::string& line)>& each);

/// A record as a row of RFC 4180 CSV; and the header row. A field that a spreadsheet would take for
/// a formula starts with an apostrophe.
[[nodiscard]] std::string csv_header();
[[nodiscard]] Result<std::string> csv_row(const std::string& exported_line);

/// What verify found.
struct Verification {
    bool intact = false;
    std::int64_t records = 0;  ///< Checked and found right.
    std::string head;          ///< Hash of the last right record, hexadecimal.
    std::int64_t bad_seq = 0;  ///< Of the first wrong record.
    std::string fault;         ///< What is wrong with it.
};

/// Walks the whole log: each record's hash, link, number and time. With a checkpoint (its signature
/// checked by the caller) also that the log still reaches it and has the same record there.
/// Errors: storage_failure.
Result<Verification> verify(const store::Store& store, const std::optional<Checkpoint>& checkpoint);

}  // namespace kimbap::audit
