#include "cli/arguments.hpp"

#include <iostream>
#include <iterator>
#include <utility>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/yaml_reader.hpp"
#include "cli/context.hpp"

namespace kimbap::cli {

namespace json = boost::json;

namespace {

Result<std::string> read_input(const std::string& input) {
    if (input == "-") {
        return std::string(std::istreambuf_iterator<char>(std::cin),
                           std::istreambuf_iterator<char>());
    }
    if (input.starts_with('@')) return read_file(input.substr(1));
    return input;
}

/// The one type that the action's schema wants an argument to have; "" where it may be any, or of
/// several.
std::string_view type_of(const manifests::RegisteredAction* action, std::string_view name) {
    if (action == nullptr) return "";
    const json::value* const properties = action->action->input_schema.if_contains("properties");
    if (properties == nullptr || !properties->is_object()) return "";
    const json::value* const schema = properties->get_object().if_contains(name);
    if (schema == nullptr || !schema->is_object()) return "";
    const json::value* const type = schema->get_object().if_contains("type");
    if (type == nullptr || !type->is_string()) return "";
    return type->get_string();
}

}  // namespace

Result<json::object> read_arguments(std::span<const std::string> pairs, const std::string& input,
                                    const manifests::RegisteredAction* action) {
    json::object out;
    if (!input.empty()) {
        auto text = read_input(input);
        if (!text) return text.error();
        auto value = parse_json(*text);
        if (!value) return make_error(Errc::invalid_argument, "--input: " + value.error().message);
        if (!value->is_object()) {
            return make_error(Errc::invalid_argument, "--input must be a JSON object of arguments");
        }
        out = std::move(value->get_object());
    }
    for (const std::string& pair : pairs) {
        if (!is_utf8(pair)) {
            return make_error(Errc::invalid_argument,
                              "--arg " + to_valid_utf8(pair) + ": not UTF-8");
        }
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) {
            return make_error(Errc::invalid_argument, "--arg " + pair + ": not NAME=VALUE");
        }
        const std::string name = pair.substr(0, equals);
        const std::string text = pair.substr(equals + 1);
        const std::string_view type = type_of(action, name);
        if (type == "string") {
            out[name] = text;
        } else if (type.empty()) {
            out[name] = json_or_text(text);
        } else {
            auto value = parse_json(text);
            if (!value) {
                return make_error(Errc::invalid_argument, "--arg " + pair + ": not of type " +
                                                              std::string(type) + ", as JSON");
            }
            out[name] = std::move(*value);
        }
    }
    return out;
}

}  // namespace kimbap::cli
