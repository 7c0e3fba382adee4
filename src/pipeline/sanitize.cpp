#include "pipeline/sanitize.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "scrub/scrubber.hpp"

namespace kimbap::pipeline {

namespace {

constexpr std::string_view kCutMark = " bytes, sha256 ";

/// Whether a value bears a mark of sanitize().
bool marked(const json::value& value) {
    if (const auto* text = value.if_string()) {
        return std::string_view(*text) == scrub::kRedacted ||
               text->find(kCutMark) != json::string::npos;
    }
    if (const auto* array = value.if_array()) {
        return std::any_of(array->begin(), array->end(), marked);
    }
    if (const auto* object = value.if_object()) {
        return std::any_of(object->begin(), object->end(),
                           [](const auto& member) { return marked(member.value()); });
    }
    return false;
}

std::string shortened(std::string_view text) {
    std::string kept = to_valid_utf8(whole_characters(text, kMaxKeptString));
    return kept + "… (" + std::to_string(text.size()) + std::string(kCutMark) + sha256_hex(text) +
           ")";
}

json::value shorten(const json::value& value) {
    if (const auto* text = value.if_string()) {
        if (text->size() <= kMaxKeptString) return value;
        return json::value(shortened(*text));
    }
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& element : *array) out.push_back(shorten(element));
        return out;
    }
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& member : *object) out[member.key()] = shorten(member.value());
        return out;
    }
    return value;
}

/// Whether shorten() leaves it as it is.
bool is_short(const json::value& value) {
    if (const auto* text = value.if_string()) return text->size() <= kMaxKeptString;
    if (const auto* array = value.if_array()) {
        return std::all_of(array->begin(), array->end(), is_short);
    }
    if (const auto* object = value.if_object()) {
        return std::all_of(object->begin(), object->end(),
                           [](const auto& member) { return is_short(member.value()); });
    }
    return true;
}

/// Adds each text and number in `value`.
void add_values(scrub::Scrubber& scrubber, const json::value& value) {
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) add_values(scrubber, element);
    } else if (const auto* object = value.if_object()) {
        for (const auto& member : *object) add_values(scrubber, member.value());
    } else if (const auto* text = value.if_string()) {
        scrubber.add(*text);
    } else if (!value.is_null()) {
        scrubber.add(to_json(value));
    }
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

boost::json::object redact(const boost::json::object& arguments,
                           const std::vector<std::string>& sensitive) {
    json::object out = arguments;
    for (auto& member : out) {
        if (contains(sensitive, member.key())) member.value() = scrub::kRedacted;
    }
    return out;
}

boost::json::object sanitize(const boost::json::object& arguments,
                             const std::vector<std::string>& sensitive) {
    json::object out;
    for (const auto& member : redact(arguments, sensitive)) {
        out[member.key()] = shorten(member.value());
    }
    std::string text;
    append_json(text, out);
    if (text.size() <= kMaxKeptParameters) return out;
    return {{"_omitted", "parameters of " + std::to_string(text.size()) + " bytes"},
            {"_sha256", sha256_hex(to_canonical_json(arguments))}};
}

std::string without_sensitive(std::string text, const boost::json::object& arguments,
                              const std::vector<std::string>& sensitive) {
    scrub::Scrubber values;
    for (const auto& member : arguments) {
        if (contains(sensitive, member.key())) add_values(values, member.value());
    }
    values.scrub(text);
    return text;
}

JsonObjectText sanitized_text(const boost::json::object& arguments,
                              const std::vector<std::string>& sensitive) {
    const bool shown = std::all_of(arguments.begin(), arguments.end(), [&](const auto& member) {
        return !contains(sensitive, member.key()) && is_short(member.value());
    });
    if (shown) {
        JsonObjectText whole(arguments);
        if (whole.members().size() + 2 <= kMaxKeptParameters) return whole;
    }
    return sanitize(arguments, sensitive);
}

bool is_whole(const boost::json::object& sanitized) {
    return !sanitized.contains("_omitted") &&
           std::none_of(sanitized.begin(), sanitized.end(),
                        [](const auto& member) { return marked(member.value()); });
}

}  // namespace kimbap::pipeline
