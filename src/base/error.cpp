#include "base/error.hpp"

#include <stdexcept>

namespace kimbap {

std::string_view name(Errc code) noexcept {
    switch (code) {
        case Errc::invalid_argument:
            return "invalid_argument";
        case Errc::not_found:
            return "not_found";
        case Errc::already_exists:
            return "already_exists";
        case Errc::conflict:
            return "conflict";
        case Errc::unauthenticated:
            return "unauthenticated";
        case Errc::forbidden:
            return "forbidden";
        case Errc::rate_limited:
            return "rate_limited";
        case Errc::too_large:
            return "too_large";
        case Errc::timed_out:
            return "timed_out";
        case Errc::cancelled:
            return "cancelled";
        case Errc::unavailable:
            return "unavailable";
        case Errc::blocked_address:
            return "blocked_address";
        case Errc::tls_failure:
            return "tls_failure";
        case Errc::protocol_error:
            return "protocol_error";
        case Errc::corrupt:
            return "corrupt";
        case Errc::storage_failure:
            return "storage_failure";
        case Errc::invalid_config:
            return "invalid_config";
        case Errc::unsupported:
            return "unsupported";
        case Errc::internal:
            return "internal";
    }
    return "internal";
}

Error make_error(Errc code, std::string message) {
    return Error{code, std::move(message)};
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(std::string(name(error.code)) + ": " + error.message);
}

}  // namespace kimbap
