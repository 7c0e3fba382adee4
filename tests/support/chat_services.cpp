#include "support/chat_services.hpp"

#include <boost/json/array.hpp>
#include <chrono>
#include <stdexcept>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::test {

namespace {

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* const found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
}

/// Characters, not bytes, as the services count.
std::size_t length(std::string_view text) {
    std::size_t out = 0;
    for (const char c : text) out += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    return out;
}

Answer json_answer(const json::object& body, int status = 200) {
    return {status, to_json(json::value(body))};
}

std::string bad_plain_text(const json::value* value, std::size_t limit) {
    if (value == nullptr || !value->is_object()) return "text is missing";
    const std::string text = text_of(value->get_object(), "text");
    if (text_of(value->get_object(), "type") != "plain_text") return "text is not plain_text";
    if (text.empty() || length(text) > limit) return "text has " + std::to_string(length(text));
    return "";
}

std::string bad_button(const json::object& button) {
    if (text_of(button, "type") != "button") return "not a button";
    if (const auto bad = bad_plain_text(button.if_contains("text"), 75); !bad.empty()) return bad;
    if (text_of(button, "action_id").empty() || length(text_of(button, "action_id")) > 255) {
        return "action_id";
    }
    if (length(text_of(button, "value")) > 2000 || length(text_of(button, "url")) > 3000) {
        return "value or url";
    }
    const std::string style = text_of(button, "style");
    if (!style.empty() && style != "primary" && style != "danger") return "style";
    if (const json::value* confirm = button.if_contains("confirm")) {
        const json::object& dialog = confirm->as_object();
        for (const auto& [key, limit] : std::map<std::string, std::size_t>{
                 {"title", 100}, {"text", 300}, {"confirm", 30}, {"deny", 30}}) {
            const auto bad = bad_plain_text(dialog.if_contains(key), limit);
            if (!bad.empty()) return key + ": " + bad;
        }
    }
    return "";
}

std::string bad_rich_text(const json::object& block) {
    for (const json::value& element : block.at("elements").as_array()) {
        const std::string type = text_of(element.as_object(), "type");
        if (type != "rich_text_section" && type != "rich_text_preformatted") return type;
        const json::array& parts = element.at("elements").as_array();
        if (parts.empty()) return "no elements";
        for (const json::value& part : parts) {
            if (text_of(part.as_object(), "type") != "text") return "not text";
            if (text_of(part.as_object(), "text").empty()) return "empty text";
        }
    }
    return "";
}

std::string bad_block(const json::object& block) {
    const std::string type = text_of(block, "type");
    if (type == "header") return bad_plain_text(block.if_contains("text"), 150);
    if (type == "rich_text") return bad_rich_text(block);
    if (type != "actions") return "unexpected block " + type;
    const json::array& elements = block.at("elements").as_array();
    if (elements.empty() || elements.size() > 25) return "elements";
    for (const json::value& element : elements) {
        if (const auto bad = bad_button(element.as_object()); !bad.empty()) return bad;
    }
    return "";
}

std::int64_t now_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Text as Telegram counts it: tags left out, entities as one character.
std::string plain(const std::string& html) {
    std::string out;
    for (std::size_t i = 0; i < html.size(); ++i) {
        if (html[i] == '<') {
            i = html.find('>', i);
        } else if (html[i] == '&') {
            i = html.find(';', i);
            out += '&';
        } else {
            out += html[i];
        }
        if (i == std::string::npos) return "unclosed";
    }
    return out;
}

/// Whether every tag is one of Telegram's and closed, as its HTML parse mode wants.
bool well_formed(const std::string& html) {
    std::vector<std::string> open;
    for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
        const std::size_t end = html.find('>', at);
        if (end == std::string::npos) return false;
        const std::string tag = html.substr(at + 1, end - at - 1);
        if (tag.starts_with('/')) {
            if (open.empty() || open.back() != tag.substr(1)) return false;
            open.pop_back();
        } else if (tag == "b" || tag == "code" || tag == "pre") {
            open.push_back(tag);
        } else {
            return false;
        }
    }
    return open.empty();
}

}  // namespace

FakeSlack::FakeSlack() : upstream_([this](const Received& request) { return answer(request); }) {}

std::map<std::string, json::object> FakeSlack::messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
}

std::vector<json::object> FakeSlack::whispers() const {
    const std::lock_guard lock(mutex_);
    return whispers_;
}

std::vector<std::string> FakeSlack::faults() const {
    const std::lock_guard lock(mutex_);
    return faults_;
}

void FakeSlack::limit(int count) {
    const std::lock_guard lock(mutex_);
    limited_ = count;
}

void FakeSlack::down(bool is) {
    const std::lock_guard lock(mutex_);
    down_ = is;
}

Answer FakeSlack::refuse(const std::string& code, const std::string& why) {
    faults_.push_back(code + ": " + why);
    return json_answer({{"ok", false}, {"error", code}});
}

std::string FakeSlack::check(const json::object& message) const {
    if (text_of(message, "text").empty() || length(text_of(message, "text")) > 4000) return "text";
    const json::value* const blocks = message.if_contains("blocks");
    if (blocks == nullptr || !blocks->is_array() || blocks->get_array().size() > 50)
        return "blocks";
    for (const json::value& block : blocks->get_array()) {
        if (const auto bad = bad_block(block.as_object()); !bad.empty()) return bad;
    }
    return length(to_json(*blocks)) > 13'000 ? "too much in the blocks" : "";
}

Answer FakeSlack::answer(const Received& request) {
    const std::lock_guard lock(mutex_);
    if (down_) return {503, "down"};
    if (limited_ > 0) {
        --limited_;
        return {429,
                R"({"ok":false,"error":"ratelimited"})",
                "application/json",
                {{"Retry-After", "1"}}};
    }
    if (request.header("Authorization") != "Bearer " + std::string(kToken)) {
        return refuse("invalid_auth", "Authorization");
    }
    if (request.header("Content-Type") != "application/json; charset=utf-8") {
        return refuse("invalid_post_type", request.header("Content-Type"));
    }
    const json::object body = parse_json(request.body).value().as_object();
    const std::string channel = text_of(body, "channel");
    if (channel != "C0123456789") return refuse("channel_not_found", channel);
    if (request.target == "/api/chat.postEphemeral") {
        if (text_of(body, "user").empty()) return refuse("user_not_in_channel", "user");
        whispers_.push_back(body);
        return json_answer({{"ok", true}, {"message_ts", "1.2"}});
    }
    if (const auto bad = check(body); !bad.empty()) return refuse("invalid_blocks", bad);
    std::string ts = text_of(body, "ts");
    if (request.target == "/api/chat.update") {
        if (!messages_.contains(ts)) return refuse("message_not_found", ts);
    } else if (request.target == "/api/chat.postMessage") {
        ts = "1503435956." + std::to_string(100'000 + ++next_);
    } else {
        return refuse("unknown_method", request.target);
    }
    messages_[ts] = body;
    return json_answer({{"ok", true}, {"channel", channel}, {"ts", ts}, {"message", body}});
}

std::pair<std::map<std::string, std::string>, std::string> FakeSlack::signed_press(
    std::string_view action, const std::string& user, std::string_view secret,
    std::int64_t seconds) const {
    const auto all = messages();
    if (all.empty()) throw std::runtime_error("no message to press a button of");
    json::object pressed;
    for (const json::value& block : all.rbegin()->second.at("blocks").as_array()) {
        if (block.at("type") != "actions") continue;
        for (const json::value& element : block.at("elements").as_array()) {
            if (text_of(element.as_object(), "action_id") == action) pressed = element.as_object();
        }
    }
    if (pressed.empty()) throw std::runtime_error("no such button");
    const json::object payload{
        {"type", "block_actions"},
        {"user", {{"id", user}, {"username", "somebody"}, {"team_id", "T0123456789"}}},
        {"api_app_id", "A1"},
        {"container", {{"type", "message"}, {"message_ts", all.rbegin()->first}}},
        {"team", {{"id", "T0123456789"}, {"domain", "test"}}},
        {"channel", {{"id", "C0123456789"}, {"name", "ops"}}},
        {"actions", json::array{pressed}}};
    const std::string body = "payload=" + percent_encode(to_json(payload));
    return {signature(body, secret, seconds), body};
}

std::map<std::string, std::string> FakeSlack::signature(const std::string& body,
                                                        std::string_view secret,
                                                        std::int64_t seconds) {
    const std::string when = std::to_string(seconds == 0 ? now_seconds() : seconds);
    const Sha256 mac = hmac_sha256(secret, "v0:" + when + ":" + body);
    return {{"Content-Type", "application/x-www-form-urlencoded"},
            {"X-Slack-Request-Timestamp", when},
            {"X-Slack-Signature", "v0=" + hex_encode(bytes_of(mac))}};
}

Reply FakeSlack::press(const std::string& kimbap, const std::string& entry, std::string_view action,
                       const std::string& user, std::string_view secret,
                       std::int64_t seconds) const {
    const auto [headers, body] = signed_press(action, user, secret, seconds);
    return http(kimbap, "POST", "/notify/slack/" + entry, headers, body);
}

FakeTelegram::FakeTelegram()
    : upstream_([this](const Received& request) { return answer(request); }) {}

std::map<std::int64_t, json::object> FakeTelegram::messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
}

std::vector<std::string> FakeTelegram::faults() const {
    const std::lock_guard lock(mutex_);
    return faults_;
}

void FakeTelegram::limit(int count) {
    const std::lock_guard lock(mutex_);
    limited_ = count;
}

Answer FakeTelegram::answer(const Received& request) {
    const std::lock_guard lock(mutex_);
    const auto refuse = [&](int code, const std::string& why) {
        faults_.push_back(why);
        return json_answer({{"ok", false}, {"error_code", code}, {"description", why}}, code);
    };
    if (limited_ > 0) {
        --limited_;
        return json_answer({{"ok", false},
                            {"error_code", 429},
                            {"description", "Too Many Requests: retry after 1"},
                            {"parameters", {{"retry_after", 1}}}},
                           429);
    }
    const std::string prefix = "/bot" + std::string(kToken) + "/";
    if (!request.target.starts_with(prefix)) return refuse(404, "Not Found");
    const std::string method = request.target.substr(prefix.size());
    const json::object body = parse_json(request.body).value().as_object();
    if (body.at("chat_id") != -1001234567890) return refuse(400, "Bad Request: chat not found");
    const std::string text = text_of(body, "text");
    if (text_of(body, "parse_mode") != "HTML" || !well_formed(text)) {
        return refuse(400, "Bad Request: can't parse entities");
    }
    if (plain(text).empty() || length(plain(text)) > 4096) {
        return refuse(400, "Bad Request: message is too long");
    }
    const json::value* const markup = body.if_contains("reply_markup");
    const json::array rows =
        markup == nullptr ? json::array() : markup->at("inline_keyboard").as_array();
    if (method == "sendMessage" && markup != nullptr && rows.empty()) {
        return refuse(400, "Bad Request: a keyboard without buttons");
    }
    for (const json::value& row : rows) {
        for (const json::value& button : row.as_array()) {
            const std::string data = text_of(button.as_object(), "callback_data");
            if (data.size() > 64) return refuse(400, "Bad Request: BUTTON_DATA_INVALID");
        }
    }
    std::int64_t id = ++next_;
    if (method == "editMessageText") {
        id = body.at("message_id").as_int64();
        if (!messages_.contains(id)) return refuse(400, "Bad Request: message to edit not found");
    } else if (method != "sendMessage") {
        return refuse(404, "Not Found");
    }
    messages_[id] = body;
    return json_answer({{"ok", true}, {"result", {{"message_id", id}, {"text", plain(text)}}}});
}

Reply FakeTelegram::press(const std::string& kimbap, const std::string& entry, std::size_t column,
                          std::int64_t user, std::string_view secret) const {
    const auto all = messages();
    if (all.empty()) throw std::runtime_error("no message to press a button of");
    const json::value& button =
        all.rbegin()->second.at("reply_markup").at("inline_keyboard").at(0).at(column);
    const json::object update{
        {"update_id", 7},
        {"callback_query",
         {{"id", "4382bfdwdsb323b2d9"},
          {"from", {{"id", user}, {"is_bot", false}, {"first_name", "Somebody"}}},
          {"message", {{"message_id", all.rbegin()->first}, {"chat", {{"id", -1001234567890}}}}},
          {"data", button.at("callback_data")}}}};
    return http(kimbap, "POST", "/notify/telegram/" + entry,
                {{"Content-Type", "application/json"},
                 {"X-Telegram-Bot-Api-Secret-Token", std::string(secret)}},
                to_json(json::value(update)));
}

}  // namespace kimbap::test
