#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "approval/approval.hpp"
#include "base/clock.hpp"
#include "store/outbox_store.hpp"

namespace kimbap::approval {

/// "approval.requested", "approval.approved", …: the type of the notification that tells of
/// `effect`;
/// "" where none does.
[[nodiscard]] std::string_view event_type(Effect effect) noexcept;
inline constexpr std::string_view kRequestedType = "approval.requested";

/// The notification of contract section 8 as JSON text, without `decide_url`: a link is as good as
/// its operator's word, so that it isn't stored but made where it is sent (see DecisionLinks).
[[nodiscard]] std::string event_body(std::string_view type, const Approval& approval,
                                     TimePoint now);

/// Who is told through a channel one by one.
using Recipients = std::map<std::string, std::vector<std::string>>;

/// One outbox row for each recipient of the approval's channels, due at once.
[[nodiscard]] std::vector<store::OutboxRow> outbox_rows(std::string_view type,
                                                        const Approval& approval, TimePoint now,
                                                        const Recipients& recipients = {});

}  // namespace kimbap::approval
