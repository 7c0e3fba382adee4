#include <algorithm>
#include <array>
#include <string>
#include <variant>

#include "base/http_token.hpp"
#include "base/text.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::string_view kAnnotation = "x-mcp-header";
/// Deepest nesting of properties that is searched; kMaxJsonDepth bounds what can be read anyway.
constexpr int kMaxDepth = 32;

/// Every annotation of the schema, wherever it stands; values of enum, const, default and examples
/// are data, not schema.
int count_annotations(const json::value& value, int depth = 0) {
    constexpr std::array<std::string_view, 4> kData = {"enum", "const", "default", "examples"};
    if (depth > 2 * kMaxDepth) return 0;
    int count = 0;
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            const std::string_view key = member.key();
            if (key == kAnnotation && !member.value().is_object()) ++count;
            if (std::find(kData.begin(), kData.end(), key) != kData.end()) continue;
            count += count_annotations(member.value(), depth + 1);
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) count += count_annotations(element, depth + 1);
    }
    return count;
}

class Collector {
public:
    void walk(const json::object& schema, int depth) {
        const auto* properties = schema.if_contains("properties");
        if (!properties || !properties->is_object() || depth > kMaxDepth) return;
        for (const auto& property : properties->get_object()) {
            const auto* object = property.value().if_object();
            if (!object) continue;
            path_.emplace_back(property.key());
            if (const auto* annotation = object->if_contains(kAnnotation);
                annotation && !annotation->is_object()) {
                add(*annotation, *object);
            }
            walk(*object, depth + 1);
            path_.pop_back();
        }
    }

    HeaderParams params;
    std::string fault;
    int found = 0;

private:
    void add(const json::value& annotation, const json::object& property) {
        ++found;
        const auto where = "x-mcp-header of \"" + path_.back() + "\" ";
        if (!annotation.is_string() || !is_token(annotation.get_string())) {
            fault = where + "must be an HTTP token (letters, digits and -_.~ and the like)";
            return;
        }
        const auto* type = property.if_contains("type");
        if (!type || !type->is_string() ||
            (type->get_string() != "string" && type->get_string() != "integer" &&
             type->get_string() != "boolean")) {
            fault = where + "needs a parameter of type string, integer or boolean";
            return;
        }
        auto header = "Mcp-Param-" + std::string(annotation.get_string());
        for (const auto& other : params) {
            if (iequals(other.header, header)) fault = where + "is used twice (names ignore case)";
        }
        params.push_back({path_, std::move(header)});
    }

    std::vector<std::string> path_;
};

}  // namespace

std::variant<HeaderParams, ProtocolError> header_params_of(const json::object& input_schema) {
    Collector collector;
    collector.walk(input_schema, 0);
    if (collector.fault.empty() && count_annotations(input_schema) != collector.found) {
        collector.fault =
            "x-mcp-header stands where `properties` alone don't lead (move it to a plain property)";
    }
    if (!collector.fault.empty()) return invalid_params(std::move(collector.fault));
    return std::move(collector.params);
}

}  // namespace kimbap::mcp
