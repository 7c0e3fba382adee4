#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/openapi_schema.hpp"

namespace kimbap::manifests {

/// One operation of an OpenAPI document: where it stands in `paths`.
struct OpenApiOperation {
    std::string_view path;
    std::string_view method;   ///< Upper case.
    const json::object* item;  ///< The path item, whose parameters all its operations share.
    const json::object* operation;
};

/// `text` as the name of a service or an action: lower-case words joined by '-'; "" where nothing
/// is left of it.
[[nodiscard]] std::string name_of(std::string_view text);

/// The operation as an action, without its auth; an empty object where it can't be one, which
/// `notes` then says.
[[nodiscard]] json::object import_operation(const OpenApiSchemas& schemas,
                                            const OpenApiOperation& operation,
                                            std::vector<std::string>& notes);

}  // namespace kimbap::manifests
