#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/http_server.hpp"

namespace kimbap::operator_api {

/// An error answer as RFC 9457 problem details (application/problem+json): `title` from the status,
/// `detail` what happened and what to do.
[[nodiscard]] net::HttpResponse problem(unsigned status, std::string_view detail);
/// The same, with the status that the error's class calls for, and the class as `code`.
[[nodiscard]] net::HttpResponse problem(const Error& error);
[[nodiscard]] unsigned status_of(Errc code) noexcept;

/// 200 with one JSON document.
[[nodiscard]] net::HttpResponse json_response(const boost::json::value& body,
                                              unsigned status = 200);

}  // namespace kimbap::operator_api
