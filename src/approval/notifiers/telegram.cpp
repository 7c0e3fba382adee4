#include "approval/notifiers/telegram.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "approval/event_view.hpp"
#include "approval/notifiers/telegram_message.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/visible.hpp"
#include "scrub/scrubber.hpp"

namespace kimbap::approval {

namespace {

constexpr std::chrono::seconds kDefaultPause{30};
constexpr std::size_t kMaxDescription = 200;

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* const found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
}

std::optional<std::int64_t> number_of(const json::object& object, std::string_view first,
                                      std::string_view second) {
    const json::value* const inner = object.if_contains(first);
    if (inner == nullptr || !inner->is_object()) return std::nullopt;
    const json::value* const found = inner->get_object().if_contains(second);
    if (found == nullptr || !found->is_int64()) return std::nullopt;
    return found->get_int64();
}

TelegramOutcome failed(Errc code, std::string message) {
    return {Delivery(make_error(code, std::move(message)))};
}

bool has(std::string_view text, std::string_view part) {
    return to_lower(text).find(part) != std::string::npos;
}

/// What a 400 says: only by its description can they be told apart.
TelegramOutcome refused(const std::string& description, const std::string& shown) {
    if (has(description, "message is not modified")) return {};
    const bool gone = has(description, "message to edit not found") ||
                      has(description, "message can't be edited") ||
                      has(description, "message_id_invalid");
    const bool mendable = has(description, "chat not found") || has(description, "upgraded") ||
                          has(description, "not enough rights");
    TelegramOutcome outcome = failed(gone || mendable ? Errc::unavailable : Errc::unsupported,
                                     "Telegram refused" + shown);
    outcome.message_gone = gone;
    return outcome;
}

}  // namespace

Result<std::string> telegram_url(std::string_view api_url, std::string_view token,
                                 std::string_view method) {
    token = trim(token);
    const std::size_t colon = token.find(':');
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto letter = [&](char c) {
        return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    };
    const bool sane =
        colon != std::string_view::npos && colon > 0 && colon + 1 < token.size() &&
        std::all_of(token.begin(), token.begin() + static_cast<long>(colon), digit) &&
        std::all_of(token.begin() + static_cast<long>(colon) + 1, token.end(), letter);
    if (!sane) {
        return make_error(Errc::invalid_argument,
                          "the secret is not a bot token (digits, a colon, letters; store what "
                          "@BotFather gave with `kimbap vault set`)");
    }
    return std::string(api_url) + "/bot" + std::string(token) + "/" + std::string(method);
}

TelegramOutcome telegram_outcome(const ApiAnswer& answer) {
    const auto parsed = parse_json(answer.body);
    const json::object none;
    const json::object& body = parsed && parsed->is_object() ? parsed->get_object() : none;
    const std::string description = text_of(body, "description");
    if (answer.status == 429) {
        TelegramOutcome limited =
            failed(Errc::rate_limited, "Telegram answered: too many requests");
        const auto asked = number_of(body, "parameters", "retry_after");
        limited.delivery.retry_after = asked && *asked > 0  ? std::chrono::seconds(*asked)
                                       : answer.retry_after ? *answer.retry_after
                                                            : kDefaultPause;
        return limited;
    }
    const json::value* const ok = body.if_contains("ok");
    if (answer.status == 200 && ok != nullptr && ok->is_bool() && ok->get_bool()) {
        TelegramOutcome outcome;
        const auto message = number_of(body, "result", "message_id");
        if (message) outcome.delivery.receipt = std::to_string(*message);
        return outcome;
    }
    const std::string shown =
        description.empty() ? "" : ": " + visible(whole_characters(description, kMaxDescription));
    if (answer.status == 400) return refused(description, shown);
    return failed(Errc::unavailable, "Telegram answered " + std::to_string(answer.status) + shown +
                                         (answer.status == 401 || answer.status == 404
                                              ? " (is the bot token in the vault a valid one?)"
                                              : ""));
}

TelegramNotifier::TelegramNotifier(LinkedChannel channel, TelegramOptions options, ApiClient& api,
                                   SecretLookup secrets)
    : channel_(std::move(channel)),
      options_(std::move(options)),
      api_(api),
      secrets_(std::move(secrets)) {}

Task<TelegramOutcome> TelegramNotifier::send(std::string_view method, json::object message) {
    const auto deadline = std::chrono::steady_clock::now() + kTelegramTimeout;
    Task<Result<Secret>> opening = secrets_(options_.secret_ref);
    const Result<Secret> token = co_await std::move(opening);
    if (!token) co_return TelegramOutcome{Delivery(token.error())};
    Result<std::string> url = telegram_url(options_.api_url, token->reveal(), method);
    if (!url) co_return TelegramOutcome{Delivery(url.error())};
    std::int64_t number = 0;
    const char* const end = options_.chat.data() + options_.chat.size();
    if (std::from_chars(options_.chat.data(), end, number).ptr == end) {
        message["chat_id"] = number;
    } else {
        message["chat_id"] = options_.chat;
    }
    Task<Result<ApiAnswer>> posting =
        api_.post_json(std::move(*url), {}, kimbap::to_json(message), deadline);
    Result<ApiAnswer> answer = co_await std::move(posting);
    if (!answer) co_return TelegramOutcome{Delivery(answer.error())};
    // The token is part of the path, which whoever answers in Telegram's place may repeat.
    scrub::Scrubber(trim(token->reveal())).scrub(answer->body);
    co_return telegram_outcome(*answer);
}

Task<Delivery> TelegramNotifier::deliver(const Notification& notification) {
    Task<Result<std::string>> linking = with_decide_url(channel_, notification);
    const Result<std::string> body = co_await std::move(linking);
    if (!body) co_return body.error();
    const Result<EventView> event = read_event(*body);
    if (!event) co_return event.error();
    json::object message = telegram_message(*event, options_.buttons);
    std::int64_t earlier = 0;
    const std::string& receipt = notification.earlier;
    std::from_chars(receipt.data(), receipt.data() + receipt.size(), earlier);
    if (earlier > 0) {
        json::object edited = message;
        edited["message_id"] = earlier;
        Task<TelegramOutcome> editing = send("editMessageText", std::move(edited));
        TelegramOutcome outcome = co_await std::move(editing);
        if (!outcome.message_gone) co_return std::move(outcome.delivery);
    }
    // An empty keyboard takes an old one away; a new message has none.
    if (message.at("reply_markup").at("inline_keyboard").as_array().empty()) {
        message.erase("reply_markup");
    }
    Task<TelegramOutcome> sending = send("sendMessage", std::move(message));
    TelegramOutcome sent = co_await std::move(sending);
    co_return std::move(sent.delivery);
}

}  // namespace kimbap::approval
