#include "base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

#include "base/encoding.hpp"

namespace kimbap {

Sha256 sha256(std::string_view bytes) {
    // Fetching the algorithm once spares a lookup in the provider tables on every digest.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    Sha256 out{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available from OpenSSL");
    }
    return out;
}

std::string sha256_hex(std::string_view bytes) {
    const Sha256 digest = sha256(bytes);
    return hex_encode(bytes_of(digest));
}

Sha256 hmac_sha256(std::string_view key, std::string_view message) {
    Sha256 out{};
    unsigned size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(message.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, message.size(),
             out.data(), &size) == nullptr) {
        throw std::runtime_error("HMAC-SHA-256 is not available from OpenSSL");
    }
    return out;
}

}  // namespace kimbap
