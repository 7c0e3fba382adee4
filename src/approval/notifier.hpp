#pragma once

#include <string>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::approval {

/// One event on its way to one channel.
struct Notification {
    std::string id;  ///< evt_…: the same on every attempt, so that receivers can deduplicate.
    std::string approval_id;
    TimePoint attempted_at;
    std::string body;  ///< The event as JSON.
};

/// One of the operators' channels.
class Notifier {
public:
    virtual ~Notifier() = default;
    /// The notify entry's name.
    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
    /// Delivers once, within a deadline of its own. Errors: unsupported where the receiver refuses
    /// for good; after any other it is tried again. Messages are kept and shown: no secret in them.
    [[nodiscard]] virtual Task<Result<void>> deliver(const Notification& notification) = 0;
};

}  // namespace kimbap::approval
