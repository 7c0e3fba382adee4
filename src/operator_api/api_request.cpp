#include "operator_api/api_request.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace kimbap::operator_api {

std::string ApiRequest::query_or(const std::string& name, std::string fallback) const {
    const auto found = query.find(name);
    return found == query.end() ? std::move(fallback) : found->second;
}

Result<std::map<std::string, std::string>> parse_query(std::string_view query) {
    std::map<std::string, std::string> out;
    if (query.empty()) return out;
    for (const std::string_view pair : split(query, '&')) {
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        const auto decode = [](std::string_view part) {
            std::string text(part);
            std::replace(text.begin(), text.end(), '+', ' ');
            return percent_decode(text);
        };
        const auto name = decode(pair.substr(0, equals));
        const auto value =
            decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
        if (!name || !value) {
            return make_error(Errc::invalid_argument,
                              "the query has a malformed %-escape (encode it as RFC 3986 says)");
        }
        out[*name] = *value;
    }
    return out;
}

}  // namespace kimbap::operator_api
