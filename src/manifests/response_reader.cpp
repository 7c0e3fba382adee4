#include "manifests/response_reader.hpp"

#include <re2/re2.h>

#include <array>

#include "manifests/action_reader.hpp"
#include "manifests/leniency.hpp"
#include "manifests/path.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 4> kResponseTypes{"object", "array", "text", "binary"};
constexpr std::array<std::string_view, 2> kStreams{"sse", "ndjson"};

void check_path(const YamlReader& where, const std::string& path, Elements allowed) {
    const std::string fault = path_fault(path, allowed);
    if (fault.empty()) return;
    where.fault("\"" + path + "\" leads nowhere: " + fault + " (like items[0].id)");
}

std::vector<std::string> read_paths(const YamlReader& reader, Elements allowed) {
    std::vector<std::string> out = reader.strings();
    for (const std::string& path : out) check_path(reader, path, allowed);
    return out;
}

ErrorWhen read_error_when(const YamlReader& entry) {
    ErrorWhen when;
    if (!entry.expect_map({"path", "equals", "not_equals", "exists", "message_path"})) return when;
    when.path = read_path(entry.require("path"));
    when.message_path = read_path(entry.get("message_path"));
    // Here null is a value.
    for (const auto& [key, value] : entry.members()) {
        if (key == "equals") when.equals = value.to_json();
        if (key == "not_equals") when.not_equals = value.to_json();
    }
    if (const YamlReader value = entry.get("exists"); !value.absent()) {
        when.exists = read_flag(value, true);
    }
    if (!when.equals && !when.not_equals && !when.exists) {
        entry.fault("says no condition (add equals, not_equals or exists)");
    }
    return when;
}

/// A limit; 0 stands for none.
std::optional<std::size_t> read_limit(const YamlReader& reader) {
    const std::int64_t most = reader.integer(0, 0);
    return most == 0 ? std::nullopt : std::optional(static_cast<std::size_t>(most));
}

/// New name and path of each member.
std::vector<std::pair<std::string, std::string>> read_select(const YamlReader& reader) {
    std::vector<std::pair<std::string, std::string>> out;
    if (reader.is_map()) {
        for (const auto& [key, value] : members_of(reader)) out.emplace_back(key, read_path(value));
        return out;
    }
    if (reader.is_scalar() && !reader.to_json().is_string()) {
        reader.fault("not paths (like {id: id} or [id, owner.login])");
        return out;
    }
    for (const std::string& path : read_paths(reader, Elements::one)) out.emplace_back(path, path);
    return out;
}

std::optional<Filter> read_filter(const YamlReader& filter) {
    if (filter.absent() || !filter.expect_map({"select", "exclude", "max_items", "drop_nulls"})) {
        return std::nullopt;
    }
    Filter out;
    out.select = read_select(filter.get("select"));
    for (const std::string& path : read_paths(filter.get("exclude"), Elements::one_or_all)) {
        const std::string_view inner = without_root(path);
        (inner.starts_with('[') ? out.exclude_elements : out.exclude).emplace_back(inner);
    }
    out.max_items = read_limit(filter.get("max_items"));
    out.drop_nulls = read_flag(filter.get("drop_nulls"), false);
    return out;
}

std::vector<std::string> read_patterns(const YamlReader& reader) {
    const std::vector<std::string> out = reader.strings();
    re2::RE2::Options options;
    options.set_log_errors(false);
    for (const std::string& pattern : out) {
        const re2::RE2 compiled(pattern, options);
        if (!compiled.ok()) {
            reader.fault("\"" + pattern + "\" is not a pattern: " + compiled.error() +
                         " (RE2 syntax: no look-around, no back-references)");
        }
    }
    return out;
}

std::optional<TextFilter> read_text_filter(const YamlReader& filter) {
    if (filter.absent() || !filter.expect_map({"strip_lines_matching", "keep_lines_matching",
                                               "dedup", "max_lines", "strip_ansi", "on_empty"})) {
        return std::nullopt;
    }
    TextFilter out;
    out.strip_lines_matching = read_patterns(filter.get("strip_lines_matching"));
    out.keep_lines_matching = read_patterns(filter.get("keep_lines_matching"));
    out.dedup = read_flag(filter.get("dedup"), false);
    out.max_lines = read_limit(filter.get("max_lines"));
    out.strip_ansi = read_flag(filter.get("strip_ansi"), false);
    out.on_empty = filter.get("on_empty").string();
    return out;
}

std::optional<Compact> read_compact(const YamlReader& compact) {
    if (compact.absent() || !compact.expect_map({"header", "item", "footer"})) return std::nullopt;
    return Compact{compact.get("header").string(), compact.get("item").string(),
                   compact.get("footer").string()};
}

/// The promise is about what the caller gets: JSON, after `extract` and `filter`.
void read_schema(const YamlReader& response, ResponseSpec& out) {
    const YamlReader reader = response.get("schema");
    if (reader.absent()) return;
    const json::value schema = reader.to_json();
    if (!schema.is_object()) return reader.fault("not a JSON Schema (expected a map)");
    if (is_unread(out.type)) {
        reader.fault("only for answers that are JSON (remove it, or say type: object or array)");
    }
    if (out.compact) reader.fault("not used beside compact, which makes a text (keep one of them)");
    out.schema = schema.get_object();
    auto compiled = Schema::compile(out.schema);
    if (!compiled) return reader.fault(compiled.error().message);
    out.compiled = std::move(*compiled);
}

/// What looks into JSON does nothing where the manifest says that there is none.
void warn_of_unread(const YamlReader& response, ResponseType type, Faults& warnings) {
    if (!is_unread(type)) return;
    for (const std::string_view key : {"error_when", "extract", "filter", "compact"}) {
        const YamlReader found = response.get(key);
        if (found.absent()) continue;
        warn(found, warnings,
             "does nothing, since a text or bytes are not looked into (say type: object or array)");
    }
}

}  // namespace

std::string read_path(const YamlReader& reader) {
    std::string path = reader.string();
    check_path(reader, path, Elements::one);
    return path;
}

ResponseSpec read_response(const YamlReader& reader, Faults& warnings) {
    ResponseSpec out;
    if (reader.absent() || !reader.expect_map({"type", "extract", "error_when", "stream", "filter",
                                               "text_filter", "compact", "schema"})) {
        return out;
    }
    const YamlReader type = reader.get("type");
    if (!type.absent() && !(type.is_scalar() && type.string().empty())) {
        out.type = static_cast<ResponseType>(read_word(type, kResponseTypes, 0) + 1);
    }
    out.extract = read_path(reader.get("extract"));
    if (const YamlReader stream = reader.get("stream"); !stream.absent()) {
        out.stream = static_cast<StreamType>(stream.choice(kStreams, 0) + 1);
    }
    if (const YamlReader when = reader.get("error_when"); when.is_map()) {
        out.error_when.push_back(read_error_when(when));
    } else {
        for (const YamlReader& entry : when.elements()) {
            out.error_when.push_back(read_error_when(entry));
        }
    }
    out.filter = read_filter(reader.get("filter"));
    out.text_filter = read_text_filter(reader.get("text_filter"));
    out.compact = read_compact(reader.get("compact"));
    read_schema(reader, out);
    warn_of_unread(reader, out.type, warnings);
    return out;
}

}  // namespace kimbap::manifests
