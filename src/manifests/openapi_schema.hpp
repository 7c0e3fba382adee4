#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap::manifests {

namespace json = boost::json;

/// The references and schemas of an OpenAPI 3.0 or 3.1 document.
class OpenApiSchemas {
public:
    /// `document` outlives this.
    explicit OpenApiSchemas(const json::value& document) : document_(document) {}

    /// The object that `value` is, or refers to (`$ref` within the document); null where there is
    /// none.
    [[nodiscard]] const json::object* object(const json::value* value) const;

    /// A schema as JSON Schema 2020-12 of the subset that manifests take, references replaced by
    /// what they name. What can't be kept (recursion, keywords beyond the subset) is left out,
    /// which only ever lets more through: the service checks again.
    [[nodiscard]] json::object convert(const json::value& schema) const;

private:
    json::object convert(const json::value& schema, std::vector<std::string_view>& within) const;
    json::object convert_object(const json::object& schema,
                                std::vector<std::string_view>& within) const;
    [[nodiscard]] const json::value* target(std::string_view reference) const;

    const json::value& document_;
};

/// The members of a schema that describes one object, `allOf` taken together; nullopt where it is
/// not that simple (alternatives, members of any name, not an object at all).
struct ObjectShape {
    json::object properties;
    std::vector<std::string> required;
};
[[nodiscard]] std::optional<ObjectShape> object_shape(const json::object& schema);

}  // namespace kimbap::manifests
