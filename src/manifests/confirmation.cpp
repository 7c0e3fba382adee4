#include "manifests/confirmation.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/visible.hpp"
#include "manifests/json_value.hpp"
#include "manifests/placeholders.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 2> kWithout{"deny", "allow"};

std::string shown_value(const json::value& value) {
    const std::string text =
        visible(value.is_string() ? std::string(value.get_string()) : to_json(with_integers(value)),
                Breaks::show);
    if (text.size() <= kMaxShownValue) return text;
    return std::string(whole_characters(text, kMaxShownValue)) + "… [" +
           std::to_string(text.size()) + " bytes]";
}

}  // namespace

YamlReader message_of(const YamlReader& confirm) {
    return confirm.is_map() ? confirm.get("message") : confirm;
}

std::optional<Confirmation> read_confirmation(const YamlReader& confirm, const Action& action) {
    if (confirm.absent()) return std::nullopt;
    Confirmation out;
    if (confirm.is_map()) {
        if (!confirm.expect_map({"message", "without"})) return std::nullopt;
        static_cast<void>(confirm.require("message"));
        out.allow_without = confirm.get("without").choice(kWithout, 0) == 1;
    }
    const YamlReader message = message_of(confirm);
    out.message = message.string();
    if (out.message.empty() && message.is_scalar()) {
        message.fault("asks nothing (say what the user is to confirm, like \"Cancel {order}?\")");
    }
    const std::vector<std::string> sensitive = action.sensitive_args();
    for (const std::string& name : placeholders(out.message)) {
        if (std::find(sensitive.begin(), sensitive.end(), name) == sensitive.end()) continue;
        message.fault("{" + name + "} is sensitive: it may not be shown (leave it out)");
    }
    return out;
}

std::string question(const Confirmation& confirmation, const json::object& arguments) {
    return substitute(confirmation.message, [&](std::string_view name) -> std::string {
        const json::value* const value = arguments.if_contains(name);
        return value == nullptr || value->is_null() ? "(none)" : shown_value(*value);
    });
}

}  // namespace kimbap::manifests
