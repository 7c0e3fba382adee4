#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "approval/approval.hpp"
#include "base/clock.hpp"

/// The HTML of the decision page: one document without scripts, images or anything loaded from
/// elsewhere, for a phone first. Pure functions; whatever came from an agent is escaped.
namespace kimbap::operator_api {

/// What a parameter shows of its value before it is cut, in bytes; and how many parameters are
/// shown. Whole ones are in `kimbap approval show`.
inline constexpr std::size_t kShownValueBytes = 600;
inline constexpr std::size_t kShownParameters = 40;

/// One approval, as it is shown to one operator.
struct DecisionView {
    const approval::Approval& approval;
    std::string_view operator_name;
    /// Why this operator can't decide (any more); empty: the buttons are shown.
    std::string_view refusal;
    TimePoint now;
};

/// The page about an approval: what is asked, by whom and why, how it stands, and the buttons where
/// it is this operator's to decide. The form posts to the page's own address.
[[nodiscard]] std::string decision_html(const DecisionView& view);

/// A page with one message: a link that doesn't serve, a decision that came too late.
[[nodiscard]] std::string message_html(std::string_view title, std::string_view message);

/// Content-Security-Policy of both: nothing is loaded, run or framed; only the style that they
/// carry is applied (by its hash), and forms go to kimbap alone.
[[nodiscard]] const std::string& content_security_policy();

/// Whether the page will look different soon by itself, and should be asked for again.
[[nodiscard]] bool still_running(const approval::Approval& approval) noexcept;

}  // namespace kimbap::operator_api
