#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace kimbap::net {

/// For outbound connections: TLS 1.2 or later, certificates verified against the system's trust
/// store (SSL_CERT_FILE and SSL_CERT_DIR override it, as everywhere with OpenSSL).
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> client_tls();

/// For listening: TLS 1.2 or later with a PEM certificate chain and its key.
/// Errors: invalid_config with the file and OpenSSL's reason.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> server_tls(
    const std::string& certificate_file, const std::string& key_file);

}  // namespace kimbap::net
