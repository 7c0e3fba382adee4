#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::net {

/// For outbound connections: TLS 1.2 or later, certificates verified against the system's trust
/// store (SSL_CERT_FILE and SSL_CERT_DIR override it, as everywhere with OpenSSL). Thread-safe.
class ClientTls {
public:
    /// Made at its first use: reading the trust store takes ten milliseconds, which a process that
    /// never calls out by TLS doesn't spend. Lives as long as this.
    boost::asio::ssl::context& context();

private:
    std::once_flag once_;
    std::optional<boost::asio::ssl::context> context_;
};

/// For listening: TLS 1.2 or later with a PEM certificate chain and its key.
/// Errors: invalid_config with the file and OpenSSL's reason.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> server_tls(
    const std::string& certificate_file, const std::string& key_file);

/// When the certificate of a context made by server_tls runs out.
[[nodiscard]] TimePoint certificate_expiry(boost::asio::ssl::context& served);

}  // namespace kimbap::net
