#include "net/tls.hpp"

#include <openssl/x509.h>

#include <cstdint>
#include <ctime>

namespace kimbap::net {

namespace ssl = boost::asio::ssl;

namespace {

void modern_only(ssl::context& context) {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    // Read and write buffers are released while a connection idles.
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace

ssl::context& ClientTls::context() {
    std::call_once(once_, [this] {
        context_.emplace(ssl::context::tls_client);
        modern_only(*context_);
        // An answer may repeat a credential: OpenSSL overwrites its copy once we have read it. Of
        // what is sent it keeps none: it encrypts in place.
        SSL_CTX_set_options(context_->native_handle(), SSL_OP_CLEANSE_PLAINTEXT);
        context_->set_default_verify_paths();
        context_->set_verify_mode(ssl::verify_peer);
    });
    return *context_;
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

TimePoint certificate_expiry(ssl::context& served) {
    const X509* const certificate = SSL_CTX_get0_certificate(served.native_handle());
    std::tm end{};
    ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
    return from_unix_micros(std::int64_t{1'000'000} * ::timegm(&end));
}

}  // namespace kimbap::net
