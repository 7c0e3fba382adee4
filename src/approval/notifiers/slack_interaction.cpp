#include "approval/notifiers/slack_interaction.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <optional>

#include "approval/notifiers/slack_message.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace kimbap::approval {

namespace {

constexpr std::string_view kPayload = "payload=";

Error not_slack() {
    return make_error(Errc::unauthenticated,
                      "not a request of Slack's within five minutes (is the signing secret in the "
                      "vault the app's, and the clock right?)");
}

const json::object* member(const json::object& object, std::string_view key) {
    const json::value* const found = object.if_contains(key);
    return found == nullptr ? nullptr : found->if_object();
}

std::string text(const json::object* object, std::string_view key) {
    const json::value* const found = object == nullptr ? nullptr : object->if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
}

std::optional<json::object> payload_of(std::string_view body) {
    if (!body.starts_with(kPayload)) return std::nullopt;
    std::string form(body.substr(kPayload.size(), body.find('&') - kPayload.size()));
    for (char& c : form) {
        if (c == '+') c = ' ';
    }
    const auto decoded = percent_decode(form);
    if (!decoded) return std::nullopt;
    auto parsed = parse_json(*decoded);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    return std::move(parsed->get_object());
}

}  // namespace

Result<void> verify_slack(std::string_view signing_secret, std::string_view timestamp,
                          std::string_view signature, std::string_view body, TimePoint now) {
    std::int64_t seconds = 0;
    const char* const end = timestamp.data() + timestamp.size();
    const auto [rest, error] = std::from_chars(timestamp.data(), end, seconds);
    const std::int64_t now_seconds = to_unix_micros(now) / 1'000'000;
    const std::int64_t window = std::chrono::seconds(kSlackWindow).count();
    const bool number = !timestamp.empty() && error == std::errc{} && rest == end && seconds >= 0;
    if (!number || seconds > now_seconds + window || seconds < now_seconds - window) {
        return not_slack();
    }
    signing_secret = trim(signing_secret);
    if (signing_secret.empty()) return not_slack();
    std::string message = "v0:" + std::string(timestamp) + ":";
    message += body;
    const Sha256 mac = hmac_sha256(signing_secret, message);
    if (!constant_time_equal(signature, "v0=" + hex_encode(bytes_of(mac)))) return not_slack();
    return {};
}

Result<ButtonPress> read_slack_interaction(std::string_view body) {
    const auto payload = payload_of(body);
    if (!payload || text(&*payload, "type") != "block_actions") {
        return make_error(Errc::invalid_argument, "not a block_actions payload");
    }
    const json::value* const actions = payload->if_contains("actions");
    const json::array* const list = actions == nullptr ? nullptr : actions->if_array();
    const json::object* const action =
        list == nullptr || list->empty() ? nullptr : list->front().if_object();
    const std::string id = text(action, "action_id");
    if (id != kSlackApprove && id != kSlackDeny) {
        return make_error(Errc::not_found, "not a button that decides");
    }
    const std::string value = text(action, "value");
    const std::size_t slash = value.rfind('/');
    const json::object* const user = member(*payload, "user");
    ButtonPress press;
    press.verdict = id == kSlackApprove ? Verdict::approve : Verdict::deny;
    press.account = text(user, "id");
    press.team = text(user, "team_id");
    if (press.team.empty()) press.team = text(member(*payload, "team"), "id");
    press.conversation = text(member(*payload, "channel"), "id");
    if (slash == std::string::npos || press.account.empty()) {
        return make_error(Errc::invalid_argument, "a button without its value or its user");
    }
    press.entry = value.substr(0, slash);
    press.approval = value.substr(slash + 1);
    return press;
}

}  // namespace kimbap::approval
