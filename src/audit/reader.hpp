#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::audit {

/// Which records to show; empty members don't restrict. Globs as in policies.
struct Filter {
    std::string kind;                ///< Glob: call.*
    std::string agent;               ///< Glob over caller.agent.
    std::string action;              ///< Glob over service.action.
    std::string call;                ///< Exact: call_…
    std::string outcome;             ///< Exact: decision.outcome.
    std::optional<TimePoint> since;  ///< At or after.
    std::optional<TimePoint> until;  ///< Before.

    /// Whether only the time matters, which needs no look into the records.
    [[nodiscard]] bool by_time_alone() const noexcept;
};

/// One record as shown: `line` is its JSON with the hash member.
struct Entry {
    std::int64_t seq = 0;
    TimePoint time;
    std::string line;
};

/// Reads the log. All functions block; none holds a snapshot of the store for long, whatever the
/// log's length. Thread-safe.
class Reader {
public:
    explicit Reader(const store::Store& store) : store_(store) {}

    /// The last `count` records that match, oldest first; before `before_seq` where not 0 (paging).
    [[nodiscard]] Result<std::vector<Entry>> tail(std::size_t count, const Filter& filter = {},
                                                  std::int64_t before_seq = 0) const;

    /// Calls `each` for every record after `after_seq` that matches, oldest first, until it returns
    /// false or the log ends. Returns the last seq looked at, to go on from: following the log is
    /// calling this again every so often.
    Result<std::int64_t> each_after(std::int64_t after_seq, const Filter& filter,
                                    const std::function<bool(const Entry&)>& each) const;

    /// The seq to give each_after for records since `time`: conservative where clocks stepped back.
    [[nodiscard]] Result<std::int64_t> start_of(TimePoint time) const;

private:
    const store::Store& store_;
};

enum class ExportFormat { jsonl, csv };
/// Names of ExportFormat on the command line; nullopt for another.
[[nodiscard]] std::optional<ExportFormat> parse_export_format(std::string_view name);

/// Writes the records that match to `out`, in pieces; `out` returning false ends it. JSON lines are
/// the exact hashed text plus hash; CSV (RFC 4180) has a header and escapes what a spreadsheet
/// would run as a formula. Returns how many records were written. Blocks.
Result<std::int64_t> export_log(const store::Store& store, ExportFormat format,
                                const Filter& filter,
                                const std::function<bool(std::string_view)>& out);

}  // namespace kimbap::audit
