#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace kimbap::manifests {

struct OpenApiOptions {
    std::string name;      ///< Of the service; "" to take it from the document's title.
    std::string base_url;  ///< "" to take the document's first server.
};

struct ImportedManifest {
    boost::json::object manifest;  ///< In the manifest's order of keys.
    std::vector<std::string>
        notes;  ///< What was left out or decided, and where a person should look.
};

/// A manifest from an OpenAPI 3.0 or 3.1 document: an action for each operation. A beginning for a
/// person to prune: descriptions, risks and which actions agents should have at all are judgements.
/// Errors: invalid_argument, for what is no such document or has nothing to import.
[[nodiscard]] Result<ImportedManifest> import_openapi(const boost::json::value& document,
                                                      const OpenApiOptions& options);

}  // namespace kimbap::manifests
