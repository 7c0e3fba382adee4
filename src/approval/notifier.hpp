#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::approval {

/// One event on its way to one channel.
struct Notification {
    std::string id;  ///< evt_…: the same on every attempt, so that receivers can deduplicate.
    std::string approval_id;
    TimePoint attempted_at;
    std::string body;         ///< The event as JSON.
    std::string recipient{};  ///< Which of a channel's several; "" where it has one.
    /// The receipt of what was delivered before about the same approval; "" where there is none.
    std::string earlier{};
};

/// What became of one attempt.
struct Delivery {
    Delivery() = default;
    Delivery(Error error) : failure(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    /// None: delivered. unsupported: the receiver refuses for good. cancelled: this process stops.
    /// After any other it is tried again. Messages are kept and shown: no secret in them.
    std::optional<Error> failure;
    /// What the receiver calls the message, for updating it; kept and shown.
    std::string receipt;
    /// The receiver asks to be left alone for so long: held to for the whole channel.
    std::optional<std::chrono::milliseconds> retry_after;
};

/// One of the operators' channels.
class Notifier {
public:
    virtual ~Notifier() = default;
    /// The notify entry's name.
    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
    /// Delivers once, within a deadline of its own that is shorter than OutboxOptions::lease.
    [[nodiscard]] virtual Task<Delivery> deliver(const Notification& notification) = 0;
    /// How many deliveries it takes at once.
    [[nodiscard]] virtual std::size_t max_concurrent() const noexcept { return 8; }
    /// Whether later events change the message of earlier ones, so that those of one approval are
    /// to be delivered in order.
    [[nodiscard]] virtual bool updates_messages() const noexcept { return false; }
};

}  // namespace kimbap::approval
