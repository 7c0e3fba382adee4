#include "approval/notifiers/slack_message.hpp"

#include <boost/json/array.hpp>

#include "base/encoding.hpp"
#include "base/markup.hpp"
#include "base/visible.hpp"

namespace kimbap::approval {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxHeader = 150;
constexpr std::size_t kMaxFact = 600;
constexpr std::size_t kMaxParameters = 2800;
constexpr std::size_t kMaxUrl = 3000;

json::object plain(std::string_view text, std::size_t limit) {
    return {{"type", "plain_text"}, {"text", whole_characters(text, limit)}, {"emoji", false}};
}

json::object rich(std::string_view text, bool bold = false) {
    json::object out{{"type", "text"}, {"text", text}};
    if (bold) out["style"] = json::object{{"bold", true}};
    return out;
}

json::object facts_block(const EventView& event) {
    json::array elements;
    for (const Fact& fact : facts(event)) {
        if (!elements.empty()) elements.push_back(rich("\n"));
        elements.push_back(rich(fact.label + ": ", true));
        elements.push_back(rich(whole_characters(fact.value, kMaxFact)));
    }
    if (elements.empty()) elements.push_back(rich("Approvals will be asked for in this channel."));
    json::object section{{"type", "rich_text_section"}, {"elements", std::move(elements)}};
    return {{"type", "rich_text"}, {"elements", json::array{std::move(section)}}};
}

json::object parameters_block(const EventView& event) {
    json::array text{rich(parameters_text(event, kMaxParameters))};
    json::object whole{{"type", "rich_text_preformatted"}, {"elements", std::move(text)}};
    return {{"type", "rich_text"}, {"elements", json::array{std::move(whole)}}};
}

json::object button(std::string_view label, std::string_view style, std::string_view action,
                    std::string_view value) {
    return {{"type", "button"},
            {"text", plain(label, 75)},
            {"style", style},
            {"action_id", action},
            {"value", value}};
}

/// A second look at what can do much harm.
json::object confirmation(const EventView& event) {
    return {{"title", plain("Approve " + visible(event.action) + "?", 100)},
            {"text", plain("It has " + visible(event.risk) + " risk and runs at once.", 300)},
            {"confirm", plain("Approve", 30)},
            {"deny", plain("Not yet", 30)}};
}

json::array buttons(const EventView& event, std::string_view value) {
    json::array elements;
    if (!value.empty()) {
        json::object approve = button("Approve", "primary", kSlackApprove, value);
        if (event.risk == "high" || event.risk == "critical") {
            approve["confirm"] = confirmation(event);
        }
        elements.push_back(std::move(approve));
        elements.push_back(button("Deny", "danger", kSlackDeny, value));
    }
    if (!event.decide_url.empty() && event.decide_url.size() <= kMaxUrl) {
        elements.push_back({{"type", "button"},
                            {"text", plain("Open the decision page", 75)},
                            {"action_id", "kimbap_open"},
                            {"url", event.decide_url}});
    }
    return elements;
}

}  // namespace

std::string slack_escaped(std::string_view text) {
    return escape_markup(text, Quotes::none);
}

json::object slack_message(const EventView& event, std::string_view button_value) {
    const std::string title = headline(event);
    json::object header{{"type", "header"}, {"text", plain(title, kMaxHeader)}};
    json::array blocks{std::move(header), facts_block(event)};
    if (!event.parameters.empty()) blocks.push_back(parameters_block(event));
    if (event.asks()) {
        json::array elements = buttons(event, button_value);
        if (!elements.empty()) {
            blocks.push_back({{"type", "actions"}, {"elements", std::move(elements)}});
        }
    }
    std::string text = title;
    if (event.asks()) text += ", asked for by " + visible(event.agent);
    return {{"text", slack_escaped(text)}, {"blocks", std::move(blocks)}};
}

}  // namespace kimbap::approval
