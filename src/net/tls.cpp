#include "net/tls.hpp"

#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>

namespace kimbap::net {

namespace ssl = boost::asio::ssl;

namespace {

void modern_only(ssl::context& context) {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    // Read and write buffers are released while a connection idles.
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
}

/// Whether the folder holds certificates by the hash of their names, as c_rehash leaves them.
bool is_hashed(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".0") return true;
    }
    return false;
}

/// As X509_STORE_set_default_paths, but where there is a folder by hashes it looks certificates up
/// when a chain needs them, instead of parsing the whole bundle at start (ten milliseconds).
void trust_the_system(ssl::context& context) {
    const char* file = std::getenv(X509_get_default_cert_file_env());
    const char* named = std::getenv(X509_get_default_cert_dir_env());
    const std::string folder = named != nullptr ? named : X509_get_default_cert_dir();
    if (file != nullptr || !is_hashed(folder)) {
        context.set_default_verify_paths();
        return;
    }
    context.add_verify_path(folder);
}

}  // namespace

std::shared_ptr<ssl::context> client_tls() {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    modern_only(*context);
    trust_the_system(*context);
    context->set_verify_mode(ssl::verify_peer);
    return context;
}

Result<std::shared_ptr<ssl::context>> server_tls(const std::string& certificate_file,
                                                 const std::string& key_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    modern_only(*context);
    boost::system::error_code error;
    context->use_certificate_chain_file(certificate_file, error);
    if (error) {
        return make_error(Errc::invalid_config, "http.tls.certificate: " + certificate_file + ": " +
                                                    error.message() +
                                                    " (expected a PEM certificate chain)");
    }
    context->use_private_key_file(key_file, ssl::context::pem, error);
    if (error) {
        return make_error(Errc::invalid_config,
                          "http.tls.key: " + key_file + ": " + error.message() +
                              " (expected the certificate's PEM private key)");
    }
    return context;
}

}  // namespace kimbap::net
