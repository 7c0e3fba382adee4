#include "mcp/modern/headers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"

namespace kimbap::mcp::modern {
namespace {

constexpr std::string_view kPrefix = "=?base64?";
constexpr std::string_view kSuffix = "?=";

/// RFC 9110 section 5.5, without obs-text.
bool is_plain(std::string_view value) {
    return std::all_of(value.begin(), value.end(),
                       [](char c) { return c == '\t' || (c >= 0x20 && c <= 0x7e); });
}

ProtocolError mismatch(std::string_view header, std::string_view why) {
    return {code::kHeaderMismatch,
            "Header mismatch: " + std::string(header) + " " + std::string(why),
            {}};
}

/// The body's member that Mcp-Name mirrors; empty for methods without one.
std::string_view name_source(std::string_view method) {
    if (method == "tools/call" || method == "prompts/get") return "name";
    if (method == "resources/read") return "uri";
    if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") {
        return "taskId";
    }
    return {};
}

const json::value* value_at(const json::object& arguments, const std::vector<std::string>& path) {
    const json::object* object = &arguments;
    const json::value* value = nullptr;
    for (const auto& step : path) {
        if (!object) return nullptr;
        value = object->if_contains(step);
        if (!value) return nullptr;
        object = value->if_object();
    }
    return value && !value->is_null() ? value : nullptr;
}

bool equals_number(std::string_view text, double number) {
    double parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    return error == std::errc() && end == text.data() + text.size() && parsed == number;
}

bool equals_integer(std::string_view text, std::int64_t number) {
    std::int64_t parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc() && end == text.data() + text.size()) return parsed == number;
    return equals_number(text, static_cast<double>(number));
}

bool equals(std::string_view text, const json::value& value) {
    if (value.is_string()) return text == value.get_string();
    if (value.is_bool()) return text == (value.get_bool() ? "true" : "false");
    if (value.is_int64()) return equals_integer(text, value.get_int64());
    if (value.is_number()) return equals_number(text, value.to_number<double>());
    return false;
}

}  // namespace

std::optional<std::string> decode_header(std::string_view value) {
    value = trim(value);
    if (value.size() >= kPrefix.size() + kSuffix.size() && value.starts_with(kPrefix) &&
        value.ends_with(kSuffix)) {
        value.remove_prefix(kPrefix.size());
        value.remove_suffix(kSuffix.size());
        return base64_decode(value);
    }
    if (!is_plain(value)) return std::nullopt;
    return std::string(value);
}

std::string encode_header(std::string_view value) {
    const bool as_is = is_plain(value) && trim(value) == value && !value.starts_with(kPrefix);
    if (as_is) return std::string(value);
    return std::string(kPrefix) + base64_encode(value) + std::string(kSuffix);
}

std::optional<std::string> name_header(std::string_view method, const json::object& params) {
    const auto source = name_source(method);
    const auto* value = source.empty() ? nullptr : params.if_contains(source);
    if (!value || !value->is_string()) return std::nullopt;
    return encode_header(value->get_string());
}

std::optional<ProtocolError> check_name_header(const HeaderLookup& headers, std::string_view method,
                                               const json::object& params) {
    const auto source = name_source(method);
    if (source.empty()) return std::nullopt;
    const auto* value = params.if_contains(source);
    if (!value || !value->is_string()) return std::nullopt;  // The method's own check reports it.
    const auto sent = headers("Mcp-Name");
    if (!sent) return mismatch("Mcp-Name", "is missing");
    const auto decoded = decode_header(*sent);
    if (!decoded) return mismatch("Mcp-Name", "is malformed");
    if (*decoded != std::string_view(value->get_string())) {
        return mismatch("Mcp-Name", "'" + to_valid_utf8(*decoded) + "' does not match the body's " +
                                        std::string(source));
    }
    return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> param_headers(const HeaderParams& declared,
                                                               const json::object& arguments) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& param : declared) {
        const auto* value = value_at(arguments, param.path);
        if (!value) continue;
        const auto* text = value->if_string();
        out.emplace_back(param.header, encode_header(text ? std::string(*text) : to_json(*value)));
    }
    return out;
}

std::optional<ProtocolError> check_param_headers(const HeaderLookup& headers,
                                                 const HeaderParams& declared,
                                                 const json::object& arguments) {
    for (const auto& param : declared) {
        const auto sent = headers(param.header);
        const auto* value = value_at(arguments, param.path);
        if (!sent) {
            if (value) return mismatch(param.header, "is missing though its argument is given");
            continue;
        }
        const auto decoded = decode_header(*sent);
        if (!decoded) return mismatch(param.header, "is malformed");
        if (!value) return mismatch(param.header, "is given though its argument is not");
        if (!equals(*decoded, *value)) return mismatch(param.header, "differs from its argument");
    }
    return std::nullopt;
}

}  // namespace kimbap::mcp::modern
