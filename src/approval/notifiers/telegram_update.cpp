#include "approval/notifiers/telegram_update.hpp"

#include "approval/notifiers/telegram_message.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace kimbap::approval {

namespace {

/// The most that answerCallbackQuery takes.
constexpr std::size_t kMaxAnswer = 200;

const json::object* member(const json::object* object, std::string_view key) {
    const json::value* const found = object == nullptr ? nullptr : object->if_contains(key);
    return found == nullptr ? nullptr : found->if_object();
}

/// A string or a number as text: Telegram's identifiers are numbers, its queries' are strings.
std::string text(const json::object* object, std::string_view key) {
    const json::value* const found = object == nullptr ? nullptr : object->if_contains(key);
    if (found == nullptr) return "";
    if (found->is_string()) return std::string(found->get_string());
    if (found->is_int64()) return std::to_string(found->get_int64());
    return "";
}

}  // namespace

Result<void> verify_telegram(std::string_view webhook_secret, std::string_view header) {
    webhook_secret = trim(webhook_secret);
    if (webhook_secret.empty() || !constant_time_equal(webhook_secret, header)) {
        return make_error(Errc::unauthenticated,
                          "not a request of Telegram's (its secret token is another)");
    }
    return {};
}

Result<ButtonPress> read_telegram_update(std::string_view body) {
    const auto parsed = parse_json(body);
    if (!parsed || !parsed->is_object() || !parsed->get_object().contains("update_id")) {
        return make_error(Errc::invalid_argument, "not an Update");
    }
    const json::object* const query = member(&parsed->get_object(), "callback_query");
    const std::string data = text(query, "data");
    const bool approves = data.starts_with(kTelegramApprove);
    if (!approves && !data.starts_with(kTelegramDeny)) {
        return make_error(Errc::not_found, "not a button that decides");
    }
    ButtonPress press;
    press.verdict = approves ? Verdict::approve : Verdict::deny;
    press.approval = data.substr(kTelegramApprove.size());
    press.account = text(member(query, "from"), "id");
    press.conversation = text(member(member(query, "message"), "chat"), "id");
    press.query = text(query, "id");
    if (press.account.empty() || press.query.empty()) {
        return make_error(Errc::invalid_argument, "a callback query without its id or its user");
    }
    return press;
}

json::object telegram_answer(const ButtonPress& press, std::string_view answer, bool alert) {
    return {{"method", "answerCallbackQuery"},
            {"callback_query_id", press.query},
            {"text", whole_characters(answer, kMaxAnswer)},
            {"show_alert", alert}};
}

}  // namespace kimbap::approval
