#include "base/yaml_text.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/json_text.hpp"

namespace kimbap {

namespace {

/// The longest line that a map or list is put on whole.
constexpr std::size_t kMaxFlow = 100;
constexpr std::size_t kMaxNestedFlow = 80;

bool is_word(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (text.empty() || !letter(text.front())) return false;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!letter(c) && !digit && c != '_' && c != '-' && c != '.') return false;
    }
    // What some reader takes for something else (the YAML 1.1 booleans among it).
    for (const std::string_view other :
         {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
        if (std::equal(text.begin(), text.end(), other.begin(), other.end(),
                       [](char a, char b) { return (a | 0x20) == b; })) {
            return false;
        }
    }
    return true;
}

/// A string as a plain word where every reader takes it for one, else as JSON has it, which YAML
/// takes, too.
std::string scalar(const json::value& value) {
    const auto* text = value.if_string();
    return text != nullptr && is_word(*text) ? std::string(*text) : to_json(value);
}

std::string flow(const json::value& value) {
    std::string out;
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            out += (out.empty() ? "" : ", ") + scalar(json::value(member.key())) + ": " +
                   flow(member.value());
        }
        return "{" + out + "}";
    }
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) out += (out.empty() ? "" : ", ") + flow(element);
        return "[" + out + "]";
    }
    return scalar(value);
}

bool empty(const json::value& value) {
    return (value.is_object() && value.get_object().empty()) ||
           (value.is_array() && value.get_array().empty());
}

bool flat(const json::value& value) {
    const auto plain = [](const json::value& one) { return !one.is_structured() || empty(one); };
    if (const auto* object = value.if_object()) {
        return std::all_of(object->begin(), object->end(),
                           [&](const auto& member) { return plain(member.value()); });
    }
    if (const auto* array = value.if_array()) {
        return std::all_of(array->begin(), array->end(), plain);
    }
    return true;
}

/// Whether a collection goes on one line: what is short and flat does, and a map of such ones where
/// it is shorter still.
bool on_one_line(const json::value& value, std::size_t indent) {
    const auto* object = value.if_object();
    const bool of_flat =
        object != nullptr && std::all_of(object->begin(), object->end(),
                                         [](const auto& member) { return flat(member.value()); });
    if (!flat(value) && !of_flat) return false;
    return indent + flow(value).size() <= (flat(value) ? kMaxFlow : kMaxNestedFlow);
}

void block(std::string& out, const json::value& value, std::size_t indent);

void element(std::string& out, const json::value& value, std::size_t indent) {
    const std::string dash = std::string(indent, ' ') + "- ";
    if (!value.is_structured() || on_one_line(value, dash.size())) {
        out += dash + flow(value) + "\n";
        return;
    }
    std::string lines;  // the first of them stands beside the dash
    block(lines, value, dash.size());
    out += dash + lines.substr(dash.size());
}

void block(std::string& out, const json::value& value, std::size_t indent) {
    if (const auto* array = value.if_array()) {
        for (const auto& one : *array) element(out, one, indent);
        return;
    }
    for (const auto& member : value.get_object()) {
        const std::string key = std::string(indent, ' ') + scalar(json::value(member.key())) + ":";
        const json::value& inner = member.value();
        if (!inner.is_structured() || on_one_line(inner, key.size() + 1)) {
            out += key + " " + flow(inner) + "\n";
        } else {
            out += key + "\n";
            block(out, inner, indent + 2);
        }
    }
}

}  // namespace

std::string to_yaml(const json::value& value) {
    if (!value.is_structured() || empty(value)) return flow(value) + "\n";
    std::string out;
    block(out, value, 0);
    return out;
}

}  // namespace kimbap
