#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "approval/notifier.hpp"
#include "approval/outbox.hpp"
#include "store/outbox_store.hpp"

/// What the outbox decides about its rows, without I/O.
namespace kimbap::approval {

/// The wait before the attempt after `attempts` failed ones: doubled each time up to longest_retry,
/// of which a random half to whole is taken, so that receivers that come back aren't hit by all at
/// once. `jitter` is in [0, 1).
[[nodiscard]] std::chrono::milliseconds retry_delay(const OutboxOptions& options,
                                                    std::int64_t attempts, double jitter);

/// Writes into `row` what came of an attempt: delivered, dead, or when it is tried again. What the
/// receiver put off by retry_after is tried again however often, until it is too old; what this
/// process gave up because it stops isn't counted and is due at once.
void settle(const OutboxOptions& options, store::OutboxRow& row, const Delivery& delivery,
            TimePoint now, double jitter);

/// Whether `a` and `b` go to the same place about the same approval.
[[nodiscard]] bool same_thread(const store::OutboxRow& a, const store::OutboxRow& b);
/// The oldest pending row of `rows` that has to be delivered before `row`; null where none is.
[[nodiscard]] const store::OutboxRow* waits_for(const store::OutboxRow& row,
                                                const std::vector<store::OutboxRow>& rows);
/// The receipt of the first message about the same approval in the same place; "" where none was
/// delivered.
[[nodiscard]] std::string earlier_receipt(const store::OutboxRow& row,
                                          const std::vector<store::OutboxRow>& rows);

}  // namespace kimbap::approval
