#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/http_server.hpp"

namespace kimbap::identity {
struct Identity;
}

namespace kimbap::operator_api {

/// One request of an authenticated operator, parsed.
struct ApiRequest {
    std::string method;                        ///< GET, POST, DELETE
    std::string path;                          ///< Percent-decoded, without the query.
    std::string id;                            ///< What {id} of the route matched.
    std::map<std::string, std::string> query;  ///< Decoded; the last of repeated names.
    std::string server_url;                    ///< As the caller reached it: scheme and Host.
    boost::json::object body;                  ///< Empty where none was sent.
    std::shared_ptr<const identity::Identity> caller;

    [[nodiscard]] std::string query_or(const std::string& name, std::string fallback) const;
};

/// Splits a request target's query (application/x-www-form-urlencoded).
/// Errors: invalid_argument on a malformed escape.
[[nodiscard]] Result<std::map<std::string, std::string>> parse_query(std::string_view query);

}  // namespace kimbap::operator_api
