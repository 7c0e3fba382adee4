#include "approval/outbox_rules.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace kimbap::approval {

namespace {

constexpr std::size_t kMaxKeptError = 500;

/// A receiver's text, as every database keeps it: UTF-8, and without NUL.
std::string storable(std::string_view text) {
    std::string out = to_valid_utf8(text);
    std::replace(out.begin(), out.end(), '\0', ' ');
    return out;
}

}  // namespace

std::chrono::milliseconds retry_delay(const OutboxOptions& options, std::int64_t attempts,
                                      double jitter) {
    std::chrono::milliseconds delay = options.first_retry;
    for (std::int64_t i = 1; i < attempts && delay < options.longest_retry; ++i) delay *= 2;
    delay = std::min(delay, options.longest_retry);
    const double share = 0.5 + jitter / 2;
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(delay.count()) * share));
}

void settle(const OutboxOptions& options, store::OutboxRow& row, const Delivery& delivery,
            TimePoint now, double jitter) {
    row.next_attempt_at = now;
    if (delivery.failure && delivery.failure->code == Errc::cancelled) return;
    ++row.attempts;
    if (!delivery.failure) {
        row.state = "delivered";
        row.last_error.clear();
        row.receipt = storable(delivery.receipt);
        return;
    }
    row.last_error = storable(whole_characters(delivery.failure->message, kMaxKeptError));
    const bool tried_enough = row.attempts >= options.max_attempts && !delivery.retry_after;
    if (delivery.failure->code == Errc::unsupported || tried_enough ||
        now - row.created_at >= options.give_up) {
        row.state = "dead";
        return;
    }
    if (delivery.retry_after) {
        // Not before it was asked for, and not all at that same moment.
        const auto asked =
            std::clamp(*delivery.retry_after, options.first_retry, options.longest_retry);
        row.next_attempt_at = now + asked +
                              std::chrono::milliseconds(static_cast<std::int64_t>(
                                  jitter * static_cast<double>(options.first_retry.count())));
        return;
    }
    row.next_attempt_at = now + retry_delay(options, row.attempts, jitter);
}

bool same_thread(const store::OutboxRow& a, const store::OutboxRow& b) {
    return a.approval_id == b.approval_id && a.channel == b.channel && a.recipient == b.recipient;
}

const store::OutboxRow* waits_for(const store::OutboxRow& row,
                                  const std::vector<store::OutboxRow>& rows) {
    // Identifiers sort by creation.
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& other) {
        return other.state == "pending" && other.id < row.id && same_thread(other, row);
    });
    return found == rows.end() ? nullptr : &*found;
}

std::string earlier_receipt(const store::OutboxRow& row,
                            const std::vector<store::OutboxRow>& rows) {
    for (const store::OutboxRow& other : rows) {
        if (other.id < row.id && !other.receipt.empty() && same_thread(other, row)) {
            return other.receipt;
        }
    }
    return "";
}

}  // namespace kimbap::approval
