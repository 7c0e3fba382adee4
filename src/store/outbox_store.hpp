#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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
    std::string recipient{};  ///< One of a channel's several, like a mailbox; "" where it has one.
    /// What the receiver calls the message that it was delivered as, so that it can be updated.
    std::string receipt{};
};

/// When the first pending row of a channel is due.
struct ChannelDue {
    std::string channel;
    TimePoint at;
};

/// How many rows of a channel are in a state.
struct DeliveryCount {
    std::string channel;
    std::string state;
    std::int64_t rows = 0;
};

class OutboxStore {
public:
    virtual ~OutboxStore() = default;
    [[nodiscard]] virtual Result<std::vector<OutboxRow>> of_approval(
        std::string_view approval_id) const = 0;
    /// For each channel with pending rows.
    [[nodiscard]] virtual Result<std::vector<ChannelDue>> due() const = 0;
    /// The rows that are pending or dead; those delivered are not counted.
    [[nodiscard]] virtual Result<std::vector<DeliveryCount>> undelivered() const = 0;
    virtual Result<void> insert(const OutboxRow& row) = 0;
    /// Takes up to `limit` pending rows of a channel due by `now` and moves their next_attempt_at
    /// to `lease_until`, so that no other process delivers them meanwhile; a crash lets them fall
    /// due again. By channel, so that one with many rows keeps no other's waiting.
    virtual Result<std::vector<OutboxRow>> claim_due(std::string_view channel, TimePoint now,
                                                     TimePoint lease_until, std::size_t limit) = 0;
    /// Writes state, attempts, next_attempt_at, last_error and receipt of a row. Errors: not_found.
    virtual Result<void> update(const OutboxRow& row) = 0;
    /// Forgets up to `limit` delivered rows made before then, of approvals that no longer wait.
    /// Returns how many.
    virtual Result<std::size_t> purge_delivered(TimePoint before, std::size_t limit) = 0;
};

}  // namespace kimbap::store
