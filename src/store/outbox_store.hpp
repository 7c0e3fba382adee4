#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store {

/// A notification to be delivered at least once, written in the transaction of what it tells.
struct OutboxRow {
    std::string id;  ///< evt_…, also the webhook-id: receivers deduplicate by it.
    std::string approval_id;
    std::string channel;  ///< Name of the notify entry.
    std::string body;     ///< The event as JSON. Never holds a secret.
    std::string state;    ///< pending delivered dead
    std::int64_t attempts = 0;
    TimePoint created_at;
    TimePoint next_attempt_at;
    std::string last_error;
};

class OutboxStore {
public:
    virtual ~OutboxStore() = default;
    [[nodiscard]] virtual Result<std::vector<OutboxRow>> of_approval(
        std::string_view approval_id) const = 0;
    [[nodiscard]] virtual Result<std::optional<TimePoint>> next_due() const = 0;
    virtual Result<void> insert(const OutboxRow& row) = 0;
    /// Takes up to `limit` pending rows due by `now` and moves their next_attempt_at to
    /// `lease_until`, so that no other process delivers them meanwhile; a crash lets them fall due
    /// again.
    virtual Result<std::vector<OutboxRow>> claim_due(TimePoint now, TimePoint lease_until,
                                                     std::size_t limit) = 0;
    /// Writes state, attempts, next_attempt_at and last_error of a row. Errors: not_found.
    virtual Result<void> update(const OutboxRow& row) = 0;
};

}  // namespace kimbap::store
