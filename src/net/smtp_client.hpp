#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::net {

class AddressGuard;

enum class SmtpTls : std::uint8_t {
    starttls,  ///< RFC 3207; a server that doesn't offer it is refused.
    implicit,  ///< TLS from the first byte (RFC 8314), usually port 465.
    none,      ///< In the clear: for a relay on this machine.
};

struct SmtpServer {
    std::string host;
    std::uint16_t port = 587;
    SmtpTls tls = SmtpTls::starttls;
    std::string username;  ///< "" : without authentication.
};

struct SmtpMail {
    std::string from;  ///< Bare addresses.
    std::string to;
    std::string content;  ///< RFC 5322, lines ended by CR LF.
};

/// Hands one mail over to `server`, with its certificate verified (TLS 1.2 or later, the system's
/// trust store or SSL_CERT_FILE and SSL_CERT_DIR) and the address guard asked about the address
/// connected to; an address written out in the configuration is the operator's own choice. Blocks
/// for up to `timeout`, or until `stop` is set: for worker threads. libcurl keeps its own copy of
/// the password while this runs.
///
/// Errors: unsupported where the server refuses the recipient, sender or mail for good (5yz);
/// cancelled; timed_out; blocked_address; tls_failure; unauthenticated; unavailable.
[[nodiscard]] Result<void> send_mail(const SmtpServer& server, const Secret& password,
                                     const SmtpMail& mail, const AddressGuard& guard,
                                     std::chrono::milliseconds timeout,
                                     const std::atomic<bool>& stop);

}  // namespace kimbap::net
