#include <boost/beast/core/string_type.hpp>

#include "base/text.hpp"
#include "net/http_server.hpp"

namespace kimbap::net {

std::string_view HttpRequest::path() const {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view{}
                                     : std::string_view(target).substr(mark + 1);
}

std::string_view HttpRequest::header(std::string_view name) const {
    const auto found = headers.find(boost::beast::string_view(name.data(), name.size()));
    if (found == headers.end()) return {};
    return trim(std::string_view(found->value().data(), found->value().size()));
}

bool HttpRequest::has_header(std::string_view name) const {
    return headers.find(boost::beast::string_view(name.data(), name.size())) != headers.end();
}

}  // namespace kimbap::net
