#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "audit/csv.hpp"
#include "audit/verifier.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::audit {

/// Which records a listing wants; empty members want all.
struct Filter {
    std::string kind;                ///< Glob: approval.*
    std::string call;                ///< Exactly.
    std::string agent;               ///< Glob over caller.agent.
    std::string action;              ///< Glob over service.action.
    std::optional<TimePoint> since;  ///< At or after.
    std::optional<TimePoint> until;  ///< Before.
    /// The last so many that fit; 0 for all.
    std::size_t limit = 0;
    bool oldest = false;  ///< `limit` is of the first so many instead.
    /// Only records after this one, and before this one where not 0: for following and for paging.
    std::int64_t after_seq = 0;
    std::int64_t before_seq = 0;
};

/// Hands each fitting record to `each` as an exported line (audit/chain.hpp), ascending. Blocks,
/// but never holds a snapshot of the store for long, nor more than `limit` records in memory.
Result<void> for_each(const store::Store& store, const Filter& filter,
                      const std::function<void(std::int64_t seq, const std::string& line)>& each);

/// The number of the last record; 0 for an empty log. Following the log is asking now and then
/// whether this grew. Blocks.
[[nodiscard]] Result<std::int64_t> last_seq(const store::Store& store);

}  // namespace kimbap::audit
