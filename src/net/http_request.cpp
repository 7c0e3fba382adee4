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
    return trim(headers[name]);
}

bool HttpRequest::has_header(std::string_view name) const {
    return headers.contains(name);
}

}  // namespace kimbap::net
