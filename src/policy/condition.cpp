#include "policy/condition.hpp"

#include "base/encoding.hpp"
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
        text = std::string(whole_characters(text, kMaxShown)) + "…";
    }
    return "is " + text;
}

/// What a path leads to from `at` on, or the list that its `[*]` goes through; nullptr for nothing.
const json::value* found(const FieldPath& field, std::size_t step, const json::value& at);

const json::value* found_member(const FieldPath& field, std::size_t step,
                                const json::object& object) {
    for (const std::string& name : field.steps[step].names) {
        ++step;
        const json::value* const member = object.if_contains(name);
        const json::value* const end = member == nullptr ? nullptr : found(field, step, *member);
        if (end != nullptr) return end;
    }
    return nullptr;
}

const json::value* found(const FieldPath& field, std::size_t step, const json::value& at) {
    if (step == field.steps.size()) return &at;
    const FieldPath::Step& next = field.steps[step];
    if (next.kind == FieldPath::Step::Kind::any) return &at;
    if (next.kind == FieldPath::Step::Kind::member) {
        const auto* object = at.if_object();
        return object == nullptr ? nullptr : found_member(field, step, *object);
    }
    const auto* array = at.if_array();
    return array != nullptr && next.index < array->size()
               ? found(field, step + 1, (*array)[next.index])
               : nullptr;
}

std::string shown_field(const Condition& condition, const Request& request) {
    const auto field = parse_field(condition.field);
    if (!field) return "absent";
    switch (field->kind) {
        case FieldPath::Kind::args:
            return request.args == nullptr ? "absent"
                                           : shown(found_member(*field, 0, *request.args));
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
