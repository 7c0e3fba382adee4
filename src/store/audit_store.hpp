#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"

namespace kimbap::store {

/// One record as stored: `line` is the exact JSON text that `hash` was taken over
/// (audit/chain.hpp).
struct AuditRow {
    std::int64_t seq = 0;  ///< From 1, without gaps.
    TimePoint time;  ///< Copy of the line's time, for range queries; verify checks that it agrees.
    std::string line;
    Sha256 hash{};
};

struct AuditHead {
    std::string chain;     ///< chn_…, made when the log is created.
    std::int64_t seq = 0;  ///< Of the last record; 0 for an empty log.
    Sha256 hash{};         ///< Of the last record; all zero for an empty log.
};

class AuditStore {
public:
    virtual ~AuditStore() = default;
    /// Within a Transaction: the head including what the transaction appended so far.
    [[nodiscard]] virtual Result<AuditHead> head() const = 0;
    /// Records after `after_seq`, ascending, until `each` returns false or the log ends.
    virtual Result<void> scan(std::int64_t after_seq,
                              const std::function<bool(const AuditRow&)>& each) const = 0;
    /// Records before `before_seq` (or from the end where 0), descending, until `each` returns
    /// false.
    virtual Result<void> scan_back(std::int64_t before_seq,
                                   const std::function<bool(const AuditRow&)>& each) const = 0;
    /// The first seq at or after `time`; nullopt where there is none.
    [[nodiscard]] virtual Result<std::optional<std::int64_t>> first_at(TimePoint time) const = 0;
    /// `row.seq` is head().seq + 1.
    virtual Result<void> append(const AuditRow& row) = 0;
};

}  // namespace kimbap::store
