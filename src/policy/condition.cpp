#include "policy/condition.hpp"

#include "base/json_text.hpp"
#include "policy/program.hpp"

namespace kimbap::policy {

namespace {

/// Longer values are cut off in explanations.
constexpr std::size_t kMaxShown = 120;

std::string shown(std::string_view text) {
    return text.empty() ? "absent" : "is " + to_json(json::value(text));
}

std::string shown(const json::value* value) {
    if (value == nullptr) return "absent";
    std::string text = to_json(*value);
    if (text.size() > kMaxShown) {
        std::size_t end = kMaxShown;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text = text.substr(0, end) + "…";
    }
    return "is " + text;
}

/// What an argument is, or the list that `[*]` goes through.
std::string shown_argument(const FieldPath& field, const json::object* args) {
    if (args == nullptr) return "absent";
    const json::value* at = args->if_contains(field.steps.front().name);
    for (std::size_t i = 1; i < field.steps.size() && at != nullptr; ++i) {
        const FieldPath::Step& step = field.steps[i];
        if (step.kind == FieldPath::Step::Kind::any) break;
        const auto* object = at->if_object();
        const auto* array = at->if_array();
        if (step.kind == FieldPath::Step::Kind::member) {
            at = object == nullptr ? nullptr : object->if_contains(step.name);
        } else {
            at = array != nullptr && step.index < array->size() ? &(*array)[step.index] : nullptr;
        }
    }
    return shown(at);
}

std::string shown_field(const Condition& condition, const Request& request) {
    const auto field = parse_field(condition.field);
    if (!field) return "absent";
    switch (field->kind) {
        case FieldPath::Kind::args:
            return shown_argument(*field, request.args);
        case FieldPath::Kind::agent:
            return shown(request.agent);
        case FieldPath::Kind::token:
            return shown(request.token);
        case FieldPath::Kind::service:
            return shown(request.service);
        case FieldPath::Kind::action:
            return shown(request.action_id);
        case FieldPath::Kind::risk_level:
            return shown(request.risk_level);
        case FieldPath::Kind::client_name:
            return shown(request.client);
        case FieldPath::Kind::risk_mutating:
            return request.mutating ? "is true" : "is false";
        case FieldPath::Kind::roles:
            break;
    }
    const json::value roles(json::array(request.roles.begin(), request.roles.end()));
    return shown(&roles);
}

std::string_view verdict(const Condition& condition, const Request& request) {
    switch (Program({condition}).evaluate(request)) {
        case Truth::yes:
            return "holds";
        case Truth::no:
            return "does not hold";
        case Truth::unknown:
            break;
    }
    return "cannot be decided";
}

}  // namespace

std::string describe(const Condition& condition, const Request& request) {
    const std::string end = " " + std::string(verdict(condition, request));
    if (condition.kind == Condition::Kind::test) {
        return condition.field + " " + std::string(name(condition.op)) + " " +
               to_json(condition.value) + " (" + shown_field(condition, request) + ")" + end;
    }
    const std::string_view kind = condition.kind == Condition::Kind::any   ? "any of"
                                  : condition.kind == Condition::Kind::all ? "all of"
                                                                           : "not";
    std::string inner;
    for (const Condition& child : condition.children) {
        inner += (inner.empty() ? "" : "; ") + describe(child, request);
    }
    return std::string(kind) + " [" + inner + "]" + end;
}

}  // namespace kimbap::policy
