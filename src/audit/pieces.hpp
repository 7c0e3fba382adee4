#pragma once

#include <cstdint>
#include <functional>

#include "base/error.hpp"
#include "store/audit_store.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::audit {

/// Hands each record after `after_seq` to `each`, ascending, until it returns false or the log
/// ends. Every so many records the snapshot is let go and a new one taken, with `each` called in
/// between: a log of any length, or a slow reader of an export, never keeps the store from tidying
/// up its write-ahead log. As records are only ever appended, that makes no difference to what is
/// seen.
Result<void> in_pieces(const store::Store& store, std::int64_t after_seq,
                       const std::function<bool(const store::AuditRow&)>& each);

/// The same, descending, from before `before_seq` or, where 0, from the end.
Result<void> in_pieces_back(const store::Store& store, std::int64_t before_seq,
                            const std::function<bool(const store::AuditRow&)>& each);

}  // namespace kimbap::audit
