#include "manifests/response.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <memory>

#include "base/byte_order_mark.hpp"
#include "base/encoding.hpp"
#include "base/json_check.hpp"
#include "base/json_space.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "manifests/json_value.hpp"
#include "manifests/path.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::size_t kMaxErrorText = 2000;

std::string essence(std::string_view content_type) {
    return to_lower(trim(content_type.substr(0, content_type.find(';'))));
}

bool is_json_type(std::string_view mime) {
    return mime == "application/json" || mime == "text/json" || mime.ends_with("+json");
}

bool is_text_type(std::string_view mime) {
    return mime.starts_with("text/") || mime == "application/xml" || mime.ends_with("+xml") ||
           mime == "application/yaml" || mime == "application/javascript" ||
           mime == "application/x-ndjson";
}

std::string cut(std::string text) {
    text = to_valid_utf8(text);
    if (text.size() <= kMaxErrorText) return text;
    return std::string(whole_characters(text, kMaxErrorText)) + "… (cut)";
}

/// Of a body without a type.
bool looks_like_text(std::string_view body) {
    return std::none_of(body.begin(), body.end(),
                        [](char c) {
                            return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' &&
                                   c != '\r';
                        }) &&
           is_utf8(body);
}

/// What a downstream's error body says, in few words: the usual members of JSON errors, or the
/// text.
std::string said(const RawResponse& response) {
    const auto value = parse_json(response.body);
    if (value && value->is_array()) return cut(to_json(*value));
    if (value && value->is_object()) {
        for (const char* path : {"error.message", "message", "error_description", "error", "detail",
                                 "reason", "title"}) {
            const json::value* found = at_path(*value, path);
            if (found == nullptr || !found->is_string() || found->get_string().empty()) continue;
            std::string text(found->get_string());
            // "Validation failed" alone leaves open of what.
            const json::value* errors = at_path(*value, "errors");
            if (errors != nullptr && errors->is_structured() && *errors != json::array() &&
                *errors != json::object()) {
                text += ' ' + to_json(*errors);
            }
            return cut(std::move(text));
        }
        const json::value* errors = value->get_object().if_contains("errors");
        const bool one = errors != nullptr && errors->is_array() && errors->get_array().size() == 1;
        for (const char* path : {"errors[0].message", "errors[0].detail", "errors[0]"}) {
            const json::value* found = one ? at_path(*value, path) : nullptr;
            if (found != nullptr && found->is_string() && !found->get_string().empty())
                return cut(std::string(found->get_string()));
        }
        return cut(to_json(*value));
    }
    const std::string mime = essence(response.content_type);
    const bool text = is_text_type(mime) || (mime.empty() && looks_like_text(response.body));
    return text ? cut(std::string(trim(response.body))) : "";
}

std::string advice(unsigned status, bool with_credential) {
    switch (status) {
        case 401:
        case 403:
            if (!with_credential) {
                return " No credential was sent, as the action's manifest has none (auth): tell an "
                       "operator.";
            }
            return " The stored credential was not accepted: tell an operator.";
        case 404:
            return " Check the identifiers.";
        case 408:
        case 504:
            return " Try again later.";
        case 409:
            return " The state changed meanwhile: read it again first.";
        case 429:
            return " Too many requests: wait before you try again.";
        default:
            return status >= 500 ? " The service failed: try again later." : "";
    }
}

ShapedResponse http_error(const Action& action, const RawResponse& response) {
    ShapedResponse out;
    out.is_error = true;
    const std::string text = said(response);
    const auto mapped = action.error_mapping.find(response.status);
    out.message = "HTTP " + std::to_string(response.status);
    if (mapped != action.error_mapping.end()) out.message += ": " + mapped->second;
    const bool known = mapped != action.error_mapping.end();
    if (!text.empty()) out.message += known ? " (" + text + ")" : ": " + text;
    if (!out.message.ends_with('.')) out.message += '.';
    if (response.retry_after) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*response.retry_after);
        out.message += " Try again in " + std::to_string(seconds.count()) + " seconds.";
    } else if (!known) {  // the manifest knows its service better than the status alone says
        out.message += advice(response.status, action.auth.type != AuthType::none);
    }
    return out;
}

bool condition_holds(const ErrorWhen& when, const json::value& value) {
    const json::value* found = at_path(value, when.path);
    if (when.exists && (found != nullptr && !found->is_null()) != *when.exists) return false;
    if (when.equals && (found == nullptr || !equal(*found, *when.equals))) return false;
    if (when.not_equals && found != nullptr && equal(*found, *when.not_equals)) return false;
    return true;
}

json::value without_nulls(const json::value& value) {
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& element : *array) out.push_back(without_nulls(element));
        return out;
    }
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& member : *object) {
            if (!member.value().is_null()) out[member.key()] = without_nulls(member.value());
        }
        return out;
    }
    return value;
}

void exclude_path(json::value& value, std::string_view path);

/// `[0]`, `[-1]` and `[*]` of a path, on the list that they are about.
void exclude_elements(json::array& array, std::string_view index, std::string_view rest) {
    if (index == "*") {
        if (rest.empty()) return array.clear();
        for (auto& element : array) exclude_path(element, rest);
        return;
    }
    const auto at = element_at(index, array.size());
    if (!at) return;
    if (rest.empty()) {
        array.erase(array.begin() + static_cast<std::ptrdiff_t>(*at));
    } else {
        exclude_path(array[*at], rest);
    }
}

void exclude_path(json::value& value, std::string_view path) {
    auto* array = value.if_array();
    if (path.starts_with('[')) {
        const std::size_t close = path.find(']');
        if (array == nullptr || close == std::string_view::npos) return;
        std::string_view rest = path.substr(close + 1);
        if (rest.starts_with('.')) rest.remove_prefix(1);
        return exclude_elements(*array, path.substr(1, close - 1), rest);
    }
    if (array != nullptr) {
        for (auto& element : *array) exclude_path(element, path);
        return;
    }
    auto* object = value.if_object();
    if (object == nullptr) return;
    const std::size_t end = path.find_first_of(".[");
    if (object->contains(path) || end == std::string_view::npos) {
        object->erase(path);
    } else if (auto* inner = object->if_contains(path.substr(0, end))) {
        exclude_path(*inner, path.substr(path[end] == '.' ? end + 1 : end));
    }
}

bool has_any(const Filter& filter, const json::value& item) {
    return std::any_of(filter.select.begin(), filter.select.end(),
                       [&](const auto& field) { return at_path(item, field.second) != nullptr; });
}

/// Whether a list may be what `select` is about: some item has a selected field, or it is empty.
bool is_meant(const Filter& filter, const json::value& list) {
    const auto* array = list.if_array();
    return array != nullptr &&
           (array->empty() || std::any_of(array->begin(), array->end(), [&](const auto& item) {
                return item.is_object() && has_any(filter, item);
            }));
}

/// The member whose list an answer is about; nullptr where there is none.
const json::key_value_pair* main_list(const Filter& filter, const json::object& answer) {
    const json::key_value_pair* empty = nullptr;
    const auto take = [&](const json::key_value_pair& member) {
        if (!is_meant(filter, member.value())) return false;
        if (!member.value().get_array().empty()) return true;
        if (empty == nullptr) empty = &member;
        return false;
    };
    for (const char* name : {"items", "data", "result"}) {
        const auto found = answer.find(name);
        if (found != answer.end() && take(*found)) return &*found;
    }
    for (const auto& member : answer) {
        if (take(member)) return &member;
    }
    return empty;
}

json::value filter_item(const Filter& filter, json::value item) {
    if (!filter.select.empty() && item.is_object()) {
        json::object selected;
        for (const auto& [name, path] : filter.select) {
            const json::value* found = at_path(item, path);
            if (found != nullptr) selected[name] = *found;
        }
        item = std::move(selected);
    }
    for (const std::string& path : filter.exclude) exclude_path(item, path);
    return filter.drop_nulls ? without_nulls(item) : item;
}

json::value filter_items(const Filter& filter, json::array items, bool objects_alone) {
    json::value filtered(json::array_kind);
    json::array& out = filtered.get_array();
    for (auto& item : items) {
        if (filter.max_items && out.size() >= *filter.max_items) break;
        if (objects_alone && !item.is_object()) continue;
        out.push_back(filter_item(filter, std::move(item)));
    }
    for (const std::string& path : filter.exclude_elements) exclude_path(filtered, path);
    return filtered;
}

constexpr const char* kNothingSelected =
    "The service's answer has nothing of what the manifest selects of it (filter.select).";

struct Filtered {
    json::value value;
    std::string list = {};  ///< The member of `value` whose items were meant; "" for none.
    std::string note = {};  ///< What the caller is told besides.
};

Filtered apply_filter(const Filter& filter, json::value value) {
    if (auto* array = value.if_array()) return {filter_items(filter, std::move(*array), false)};
    const auto* object = value.if_object();
    if (object == nullptr || object->empty() || filter.select.empty() || has_any(filter, value)) {
        return {filter_item(filter, std::move(value))};
    }
    // Manifests that don't extract the list mean its items.
    if (const auto* list = main_list(filter, *object)) {
        const std::string key(list->key());
        return {json::object{{key, filter_items(filter, list->value().get_array(), true)}}, key};
    }
    return {json::object{}, "", kNothingSelected};
}

std::string apply_compact(const Compact& compact, const json::value& value) {
    std::string out;
    const auto line = [&](std::string_view text) {
        if (text.empty()) return;
        if (!out.empty()) out += '\n';
        out += text;
    };
    // A list that is missing or null has no items.
    const std::size_t single = value.is_null() ? 0U : 1U;
    const std::size_t count = value.is_array() ? value.get_array().size() : single;
    json::object counted{{"count", count}, {"Count", count}, {"Total", count}, {"Remaining", 0}};
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) counted[member.key()] = member.value();
    }
    line(expand_compact(compact.header, counted));
    if (const auto* array = value.if_array()) {
        for (const auto& item : *array) line(expand_compact(compact.item, item));
    } else if (!value.is_null()) {
        line(expand_compact(compact.item, value));
    }
    line(expand_compact(compact.footer, counted));
    return out;
}

ShapedResponse as_text(const ResponseSpec& spec, std::string text, std::string mime) {
    ShapedResponse out;
    out.kind = ShapedResponse::Kind::text;
    out.mime_type = mime.empty() ? "text/plain" : std::move(mime);
    out.body = to_valid_utf8(text);
    if (spec.text_filter) out.body = apply_text_filter(*spec.text_filter, out.body);
    return out;
}

ShapedResponse as_bytes(RawResponse response, std::string mime) {
    ShapedResponse out;
    out.mime_type = mime.empty() ? "application/octet-stream" : mime;
    out.kind = mime.starts_with("image/")   ? ShapedResponse::Kind::image
               : mime.starts_with("audio/") ? ShapedResponse::Kind::audio
                                            : ShapedResponse::Kind::binary;
    out.body = std::move(response.body);
    return out;
}

ShapedResponse bad_answer(std::string message) {
    ShapedResponse out;
    out.is_error = true;
    out.message = std::move(message);
    return out;
}

/// Whether the manifest looks into answers. What looks like no JSON must not pass unseen then: it
/// may be the error that error_when is there to find.
bool looks_into(const ResponseSpec& spec) {
    return !spec.error_when.empty() || !spec.extract.empty() || spec.filter || spec.compact;
}

/// Whether the answer has to be JSON: as the manifest wants it, or else by what it says it is.
bool must_be_json(const ResponseSpec& spec, const RawResponse& response) {
    if (spec.type != ResponseType::automatic) return wants_json(spec);
    return wants_json(spec) || is_json_type(essence(response.content_type));
}

bool is_json(const ResponseSpec& spec, const RawResponse& response) {
    return must_be_json(spec, response) && !trim(response.body).empty();
}

Error not_json(const RawResponse& response, const Error& error) {
    return make_error(Errc::protocol_error,
                      "the service's answer is not the JSON that it should be (" + error.message +
                          "; content type \"" + cut(response.content_type) + "\")");
}

/// Whether a JSON answer can be passed on as text: nothing is to be taken out of it, nor written
/// shorter than the service did (\u00e9, \/).
bool goes_on_as_it_came(const ResponseSpec& spec, const RawResponse& response) {
    const bool whole = spec.error_when.empty() && spec.extract.empty() && !spec.filter &&
                       !spec.compact && !spec.text_filter && !spec.compiled;
    return whole && is_json(spec, response) && response.body.find("\\u") == std::string::npos &&
           response.body.find("\\/") == std::string::npos;
}

ShapedResponse as_it_came(RawResponse response) {
    const std::string_view text = without_byte_order_mark(response.body);
    const Result<void> checked = check_json(text);
    if (!checked) return bad_answer(not_json(response, checked.error()).message);
    response.body.erase(0, response.body.size() - text.size());
    ShapedResponse out;
    out.kind = ShapedResponse::Kind::json;
    out.body = without_white_space(std::move(response.body));
    return out;
}

}  // namespace

bool wants_json(const ResponseSpec& spec) {
    if (spec.type == ResponseType::automatic) return looks_into(spec);
    return spec.type == ResponseType::object || spec.type == ResponseType::array;
}

bool is_event_stream(std::string_view content_type) {
    return essence(content_type) == "text/event-stream";
}

std::string apply_text_filter(const TextFilter& filter, std::string_view text) {
    static const re2::RE2 ansi(
        "\x1B(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1B]*(?:\x07|\x1B\\\\)|[ -/]+[0-~]|[@-Z\\\\-_])");
    std::string clean(text);
    if (filter.strip_ansi) re2::RE2::GlobalReplace(&clean, ansi, "");
    const auto compile = [](const std::vector<std::string>& patterns) {
        re2::RE2::Options options;
        options.set_log_errors(false);
        std::vector<std::unique_ptr<re2::RE2>> out;
        for (const auto& pattern : patterns)
            out.push_back(std::make_unique<re2::RE2>(pattern, options));
        return out;
    };
    const auto strip = compile(filter.strip_lines_matching);
    const auto keep = compile(filter.keep_lines_matching);
    const auto any = [](const auto& patterns, std::string_view line) {
        return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
            return re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *pattern);
        });
    };
    std::string_view rest = clean;
    if (rest.ends_with('\n')) rest.remove_suffix(1);
    std::string out;
    std::optional<std::string_view> last;
    std::size_t lines = 0;
    std::size_t left_out = 0;
    for (std::string_view line : split(rest, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (any(strip, line) || (!keep.empty() && !any(keep, line))) continue;
        if (filter.dedup && last == line) continue;
        last = line;
        if (filter.max_lines && lines >= *filter.max_lines) {
            ++left_out;
            continue;
        }
        if (lines++ > 0) out += '\n';
        out += line;
    }
    if (trim(out).empty()) return filter.on_empty.empty() ? out : filter.on_empty;
    if (left_out > 0) out += "\n… (" + std::to_string(left_out) + " more lines)";
    return out;
}

std::string expand_compact(std::string_view pattern, const json::value& item) {
    std::string out;
    while (!pattern.empty()) {
        const std::size_t open = pattern.find("{{");
        const std::size_t close = open == std::string_view::npos ? open : pattern.find("}}", open);
        if (close == std::string_view::npos) break;
        out += pattern.substr(0, open);
        std::string_view path = trim(pattern.substr(open + 2, close - open - 2));
        if (path.starts_with('.')) path.remove_prefix(1);
        if (const json::value* found = at_path(item, path); found != nullptr && !found->is_null()) {
            out += found->is_string() ? std::string(found->get_string()) : to_json(*found);
        }
        pattern.remove_prefix(close + 2);
    }
    out += pattern;
    return out;
}

Result<std::optional<json::value>> parse_body(const ResponseSpec& spec,
                                              const RawResponse& response) {
    if (!is_json(spec, response)) return std::optional<json::value>{};
    const std::string_view text = without_byte_order_mark(response.body);
    auto value = parse_json(text);
    if (!value) {
        const std::string mended = without_lone_surrogates(text);
        if (mended != text) value = parse_json(mended);
    }
    if (!value) return not_json(response, value.error());
    return std::optional<json::value>(std::move(*value));
}

ShapedResponse shape(const Action& action, RawResponse response) {
    if (response.status >= 400 || action.error_mapping.contains(response.status)) {
        return http_error(action, response);
    }
    if (response.status >= 300) {
        return bad_answer(
            "the service answered with a redirect (HTTP " + std::to_string(response.status) +
            "), which is not followed: the manifest's base_url or path is out of date");
    }
    if (goes_on_as_it_came(action.response, response)) return as_it_came(std::move(response));
    auto value = parse_body(action.response, response);
    if (!value) return bad_answer(value.error().message);
    if (*value) return shape_json(action, std::move(**value));
    // White space is no JSON, and nothing else to anybody who waits for some.
    if (response.body.empty() ||
        (must_be_json(action.response, response) && trim(response.body).empty())) {
        ShapedResponse out;
        if (action.response.text_filter && !action.response.text_filter->on_empty.empty()) {
            return as_text(action.response, action.response.text_filter->on_empty, "");
        }
        return out;
    }
    std::string mime = essence(response.content_type);
    if (action.response.type == ResponseType::binary) return as_bytes(std::move(response), mime);
    const bool textual = action.response.type == ResponseType::text || is_text_type(mime) ||
                         (mime.empty() && is_utf8(response.body)) || is_json_type(mime);
    if (textual) return as_text(action.response, std::move(response.body), std::move(mime));
    return as_bytes(std::move(response), mime);
}

std::optional<std::string> error_in(const ResponseSpec& spec, const json::value& value) {
    for (const ErrorWhen& when : spec.error_when) {
        if (!condition_holds(when, value)) continue;
        const json::value* message =
            when.message_path.empty() ? nullptr : at_path(value, when.message_path);
        if (message == nullptr) message = &value;
        return "the service reported an error: " +
               cut(message->is_string() ? std::string(message->get_string()) : to_json(*message));
    }
    return std::nullopt;
}

ShapedResponse shape_json(const Action& action, json::value value) {
    const ResponseSpec& spec = action.response;
    if (auto error = error_in(spec, value)) return bad_answer(std::move(*error));
    if (!spec.extract.empty()) {
        const json::value* found = at_path(value, spec.extract);
        json::value extracted = found == nullptr ? json::value(nullptr) : *found;
        value = std::move(extracted);
    }
    std::string note;
    if (spec.filter) {
        Filtered filtered = apply_filter(*spec.filter, std::move(value));
        value = std::move(filtered.value);
        note = std::move(filtered.note);
        if (spec.compact && !filtered.list.empty()) {
            json::value items = std::move(value.get_object()[filtered.list]);
            value = std::move(items);
        }
    }
    if (spec.compact) return as_text(spec, apply_compact(*spec.compact, value), "");
    if (spec.text_filter && value.is_string()) {
        return as_text(spec, std::string(value.get_string()), "");
    }
    ShapedResponse out;
    out.kind = ShapedResponse::Kind::json;
    out.value = std::move(value);
    out.message = std::move(note);
    return out;
}

}  // namespace kimbap::manifests
