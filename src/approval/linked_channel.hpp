#pragma once

#include <string>

#include "approval/decision_link.hpp"
#include "approval/notifier.hpp"

namespace kimbap::approval {

/// A channel whose notifications carry a link for one operator.
struct LinkedChannel {
    std::string name;           ///< The notify entry's.
    std::string operator_name;  ///< Who decides through it.
    LinkMaker links{};          ///< None: no links.
};

/// The notification's body with `data.decide_url` where it asks for a decision; unchanged where it
/// doesn't, or where there are no decision pages. Errors: those of the link maker.
[[nodiscard]] Task<Result<std::string>> with_decide_url(const LinkedChannel& channel,
                                                        const Notification& notification);

}  // namespace kimbap::approval
