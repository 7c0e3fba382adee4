#include "approval/delivery_view.hpp"

#include <boost/json/object.hpp>

#include "base/clock.hpp"
#include "base/json_text.hpp"

namespace kimbap::approval {

namespace {

std::string event_of(const store::OutboxRow& row) {
    const auto body = parse_json(row.body);
    if (!body || !body->is_object()) return "";
    const json::value* const type = body->get_object().if_contains("type");
    return type != nullptr && type->is_string() ? std::string(type->get_string()) : std::string();
}

}  // namespace

json::array deliveries_json(const std::vector<store::OutboxRow>& rows) {
    json::array out;
    for (const store::OutboxRow& row : rows) {
        json::object one{{"id", row.id}, {"event", event_of(row)}, {"channel", row.channel}};
        if (!row.recipient.empty()) one["recipient"] = row.recipient;
        one["state"] = row.state;
        one["attempts"] = row.attempts;
        if (row.state == "pending") one["next_attempt_at"] = format_time(row.next_attempt_at);
        if (row.state == "delivered") one["delivered_at"] = format_time(row.next_attempt_at);
        one["last_error"] = row.last_error;
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace kimbap::approval
