#include "operator_api/problem.hpp"

#include <boost/json/object.hpp>

#include "base/json_text.hpp"

namespace kimbap::operator_api {

namespace {

template <class Json>
net::HttpResponse answer(unsigned status, const Json& body, std::string content_type) {
    net::HttpResponse response;
    response.status = static_cast<net::http::status>(status);
    response.content_type = std::move(content_type);
    append_json(response.body, body);
    return response;
}

json::object problem_body(unsigned status, std::string_view detail) {
    return {{"type", "about:blank"},
            {"title", net::http::obsolete_reason(static_cast<net::http::status>(status))},
            {"status", status},
            {"detail", detail}};
}

}  // namespace

unsigned status_of(Errc code) noexcept {
    switch (code) {
        case Errc::invalid_argument:
            return 400;
        case Errc::unauthenticated:
            return 401;
        case Errc::forbidden:
            return 403;
        case Errc::not_found:
            return 404;
        case Errc::already_exists:
        case Errc::conflict:
            return 409;
        case Errc::too_large:
            return 413;
        case Errc::rate_limited:
            return 429;
        case Errc::unsupported:
            return 501;
        case Errc::blocked_address:
        case Errc::tls_failure:
        case Errc::protocol_error:
            return 502;
        case Errc::unavailable:
        case Errc::storage_failure:
            return 503;
        case Errc::timed_out:
            return 504;
        default:
            return 500;
    }
}

net::HttpResponse problem(unsigned status, std::string_view detail) {
    return answer(status, problem_body(status, detail), "application/problem+json");
}

net::HttpResponse problem(const Error& error) {
    const unsigned status = status_of(error.code);
    json::object body = problem_body(status, error.message);
    body["code"] = name(error.code);
    return answer(status, body, "application/problem+json");
}

net::HttpResponse json_response(const boost::json::value& body, unsigned status) {
    return answer(status, body, "application/json");
}

}  // namespace kimbap::operator_api
