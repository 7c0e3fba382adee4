#include "approval/event_view.hpp"

#include <boost/json/array.hpp>

#include "approval/shortened.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/visible.hpp"

namespace kimbap::approval {

namespace {

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* const found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
}

json::object object_of(const json::object& object, std::string_view key) {
    const json::value* const found = object.if_contains(key);
    return found != nullptr && found->is_object() ? found->get_object() : json::object();
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
    std::vector<std::string> out;
    const json::value* const found = object.if_contains(key);
    if (found == nullptr || !found->is_array()) return out;
    for (const json::value& entry : found->get_array()) {
        if (entry.is_string()) out.emplace_back(entry.get_string());
    }
    return out;
}

std::string caller(const EventView& event) {
    std::string out = event.agent;
    if (!event.client.empty()) out += " with " + event.client;
    if (!event.token.empty()) out += ", token " + event.token;
    if (!event.roles.empty()) out += ", roles " + join(event.roles, " ");
    return visible(out);
}

}  // namespace

Result<EventView> read_event(std::string_view body) {
    const auto parsed = parse_json(body);
    if (!parsed || !parsed->is_object()) {
        return make_error(Errc::unsupported, "the notification is not a JSON object");
    }
    const json::object& event = parsed->get_object();
    const json::object data = object_of(event, "data");
    const json::object from = object_of(data, "caller");
    EventView view;
    view.type = text_of(event, "type");
    view.id = text_of(data, "id");
    view.agent = text_of(from, "agent");
    view.token = text_of(from, "token");
    view.client = text_of(from, "client");
    view.roles = texts_of(from, "roles");
    view.action = text_of(data, "action");
    view.risk = text_of(data, "risk");
    view.rule = text_of(data, "rule");
    view.parameters = object_of(data, "parameters");
    view.parameters_digest = text_of(data, "parameters_digest");
    if (const auto* bytes = data.if_contains("parameters_bytes"); bytes && bytes->is_int64()) {
        view.parameters_bytes = bytes->get_int64();
    }
    view.created_at = text_of(data, "created_at");
    view.expires_at = text_of(data, "expires_at");
    view.decided_at = text_of(data, "decided_at");
    view.decide_url = text_of(data, "decide_url");
    view.operators = texts_of(data, "operators");
    view.reason = text_of(data, "reason");
    view.channel = text_of(data, "channel");
    if (view.type.empty() || (view.id.empty() && !view.is_test())) {
        return make_error(Errc::unsupported, "the notification is not an event of an approval");
    }
    return view;
}

std::string test_event(std::string_view channel, TimePoint now) {
    json::object body{{"type", kTestType},
                      {"timestamp", format_time(now)},
                      {"data", json::object{{"channel", channel}}}};
    return kimbap::to_json(json::value(std::move(body)));
}

std::string headline(const EventView& event) {
    if (event.is_test()) return "kimbap can notify you here (" + visible(event.channel) + ")";
    const std::string action = visible(event.action);
    if (event.asks()) return "Approval needed: " + action;
    if (event.type == "approval.approved") return "Approved: " + action;
    if (event.type == "approval.denied") return "Denied: " + action;
    if (event.type == "approval.expired") return "Expired undecided: " + action;
    if (event.type == "approval.withdrawn") return "Withdrawn by its caller: " + action;
    return visible(event.type) + ": " + action;
}

std::vector<Fact> facts(const EventView& event) {
    std::vector<Fact> out;
    if (event.is_test()) return out;
    const auto add = [&](std::string label, const std::string& value) {
        if (!value.empty()) out.push_back({std::move(label), visible(value)});
    };
    add("Action", event.action);
    add("Risk", event.risk);
    out.push_back({"Caller", caller(event)});
    add("Rule", event.rule);
    if (event.asks()) add("Expires", event.expires_at);
    add("Decided by", join(event.operators, ", "));
    add("Reason", event.reason);
    add("Decided", event.decided_at);
    add("Approval", event.id);
    return out;
}

std::string parameters_text(const EventView& event, std::size_t limit) {
    std::string out = visible(to_pretty_json(json::value(event.parameters)), Breaks::keep);
    const bool fits = out.size() <= limit;
    if (fits && event.parameters_digest.empty()) return out;
    const Shortened all = shorten(event.parameters);
    const bool known = !event.parameters_digest.empty();
    const std::string note =
        "\n… shortened; all of it has " +
        std::to_string(known ? static_cast<std::size_t>(event.parameters_bytes) : all.bytes) +
        " bytes, " + (known ? visible(event.parameters_digest) : all.digest) +
        ": kimbap approval show " + visible(event.id);
    if (out.size() + note.size() > limit) {
        out = whole_characters(out, limit - std::min(limit, note.size()));
    }
    return out + note;
}

}  // namespace kimbap::approval
