#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "approval/notifiers/button_press.hpp"
#include "base/error.hpp"

namespace kimbap::approval {

/// Whether a request comes from Telegram: `header` is X-Telegram-Bot-Api-Secret-Token as given to
/// setWebhook, compared in constant time. Errors: unauthenticated.
[[nodiscard]] Result<void> verify_telegram(std::string_view webhook_secret,
                                           std::string_view header);

/// The callback query of a verified request's body (an Update). `entry` is left empty. Errors:
/// invalid_argument for what isn't an Update; not_found for one that isn't a press of a button of
/// kimbap's.
[[nodiscard]] Result<ButtonPress> read_telegram_update(std::string_view body);

/// answerCallbackQuery as the webhook's own answer ("Making requests when getting updates"): the
/// button stops spinning, and the one who pressed it alone reads `text`.
[[nodiscard]] boost::json::object telegram_answer(const ButtonPress& press, std::string_view text,
                                                  bool alert);

}  // namespace kimbap::approval
