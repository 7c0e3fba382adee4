#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// A request as it will go out, but for the credential, which never is in one of these (see
/// injection.hpp). Deterministic: equal calls render equally.
struct RenderedRequest {
    std::string method;
    std::string url;  ///< base_url and path, encoded, without the query.
    std::vector<std::pair<std::string, std::string>> query;  ///< Not encoded.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string content_type;  ///< "" where there is no body.
    std::string body;
    /// The fields of a JSON or form body, where it has any: what a `body` credential is added to.
    std::optional<json::object> fields;
    Encoding encoding = Encoding::json;

    /// `url` with the encoded query.
    [[nodiscard]] std::string full_url() const;
    /// SHA-256 (hexadecimal) over all of it.
    [[nodiscard]] std::string digest() const;
};

/// Fills in the arguments' defaults.
void apply_defaults(const Action& action, json::object& arguments);

/// Renders an action's request. `arguments` are valid by the action's schema and have their
/// defaults. A template that is one placeholder keeps the argument's JSON type; an absent argument
/// drops its field, parameter or header; an array in the query repeats its parameter. Without a
/// `request` in the manifest, arguments that the path doesn't take go into the query (GET, HEAD,
/// DELETE, OPTIONS) or into a JSON body. Errors: invalid_argument, for values that can't be sent
/// where they are asked for.
[[nodiscard]] Result<RenderedRequest> render(const Service& service, const Action& action,
                                             const json::object& arguments);

/// application/x-www-form-urlencoded of an object's members; an array repeats its name.
[[nodiscard]] std::string form_of(const json::object& fields);

/// application/x-www-form-urlencoded (WHATWG URL) of ordered pairs.
[[nodiscard]] std::string form_encode(
    const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace kimbap::manifests
