#include "approval/notifiers/telegram_message.hpp"

#include <boost/json/array.hpp>

#include "base/encoding.hpp"
#include "base/markup.hpp"

namespace kimbap::approval {

namespace json = boost::json;

namespace {

/// The parts stay within 4096 characters after entities parsing, whatever they are.
constexpr std::size_t kMaxFact = 150;
constexpr std::size_t kMaxParameters = 2000;
constexpr std::size_t kMaxCallbackData = 64;

json::object keyboard(const EventView& event, bool buttons) {
    json::array rows;
    const std::string approve = std::string(kTelegramApprove) + event.id;
    if (buttons && approve.size() <= kMaxCallbackData) {
        json::array row;
        row.push_back({{"text", "✅ Approve"}, {"callback_data", approve}});
        row.push_back(
            {{"text", "❌ Deny"}, {"callback_data", std::string(kTelegramDeny) + event.id}});
        rows.push_back(std::move(row));
    }
    if (!event.decide_url.empty()) {
        json::object open{{"text", "Open the decision page"}, {"url", event.decide_url}};
        rows.push_back(json::array{std::move(open)});
    }
    return {{"inline_keyboard", std::move(rows)}};
}

}  // namespace

std::string telegram_escaped(std::string_view text) {
    return escape_markup(text, Quotes::double_only);
}

json::object telegram_message(const EventView& event, bool buttons) {
    std::string text =
        "<b>" + telegram_escaped(whole_characters(headline(event), kMaxFact)) + "</b>";
    for (const Fact& fact : facts(event)) {
        text += "\n" + fact.label + ": <code>" +
                telegram_escaped(whole_characters(fact.value, kMaxFact)) + "</code>";
    }
    if (!event.parameters.empty()) {
        text += "\n<pre>" + telegram_escaped(parameters_text(event, kMaxParameters)) + "</pre>";
    }
    json::object message{{"text", std::move(text)},
                         {"parse_mode", "HTML"},
                         {"link_preview_options", json::object{{"is_disabled", true}}}};
    // Without buttons too: the old ones disappear from a message that is edited.
    message["reply_markup"] =
        event.asks() ? keyboard(event, buttons) : json::object{{"inline_keyboard", json::array{}}};
    return message;
}

}  // namespace kimbap::approval
