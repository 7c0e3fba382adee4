#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace kimbap {

/// Every way an operation of kimbap can fail. A policy denial is an outcome, not an error.
enum class Errc {
    invalid_argument = 1,  ///< The caller's input is malformed or of the wrong type.
    not_found,             ///< The named thing does not exist.
    already_exists,        ///< Creating would overwrite.
    conflict,              ///< The state changed meanwhile, or does not admit the operation.
    unauthenticated,       ///< No credential, or one that is unknown, expired or revoked.
    forbidden,             ///< Authenticated, but not entitled.
    rate_limited,          ///< An allowance is used up.
    too_large,             ///< A documented size limit was reached.
    timed_out,             ///< A deadline passed.
    cancelled,             ///< The caller withdrew.
    unavailable,           ///< A peer or resource cannot be reached, or is draining.
    blocked_address,       ///< The address guard refused a destination.
    tls_failure,           ///< The peer's certificate or handshake was not acceptable.
    protocol_error,        ///< A peer broke its protocol.
    corrupt,               ///< Stored data fails its integrity check.
    storage_failure,       ///< The store cannot be read or written (disk full, read-only, locked).
    invalid_config,        ///< Configuration, manifest or policy with faults.
    unsupported,           ///< Understood, but not something kimbap does.
    internal,              ///< A bug. Reported, never swallowed.
};

/// Stable lower-case name of a code, for logs, JSON and problem details.
std::string_view name(Errc code) noexcept;

/// A failure: what class it is, and a message for a person that says what is wrong and, where there
/// is one, the mend. Never holds a secret.
struct Error {
    Errc code = Errc::internal;
    std::string message;
};

template <class T>
using Result = boost::system::result<T, Error>;

/// Hook by which boost::system::result turns an unchecked Error into a std::runtime_error.
[[noreturn, gnu::cold]] void throw_exception_from_error(const Error& error,
                                                        const boost::source_location&);

/// Cold: what leads to it is laid out away from the path of calls that succeed.
[[nodiscard, gnu::cold]] Error make_error(Errc code, std::string message);

}  // namespace kimbap
