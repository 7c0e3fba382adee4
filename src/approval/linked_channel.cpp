#include "approval/linked_channel.hpp"

#include <boost/json/object.hpp>
#include <utility>

#include "approval/event.hpp"
#include "base/json_text.hpp"

namespace kimbap::approval {

Task<Result<std::string>> with_decide_url(const LinkedChannel& channel,
                                          const Notification& notification) {
    auto event = parse_json(notification.body);
    if (!channel.links || !event || !event->is_object()) co_return notification.body;
    json::object& members = event->get_object();
    const json::value* const type = members.if_contains("type");
    json::value* const data = members.if_contains("data");
    if (type == nullptr || !type->is_string() || type->get_string() != kRequestedType ||
        data == nullptr || !data->is_object()) {
        co_return notification.body;
    }
    const json::value* const expires = data->get_object().if_contains("expires_at");
    const auto until = expires != nullptr && expires->is_string()
                           ? parse_time(std::string_view(expires->get_string()))
                           : std::nullopt;
    if (!until) co_return notification.body;
    DecisionLink wanted{notification.approval_id, channel.operator_name, channel.name, *until};
    Task<Result<std::string>> making = channel.links(std::move(wanted));
    const Result<std::string> url = co_await std::move(making);
    if (!url) co_return url.error();
    if (!url->empty()) data->get_object()["decide_url"] = *url;
    co_return kimbap::to_json(*event);
}

}  // namespace kimbap::approval
