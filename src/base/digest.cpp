#include "base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

#include "base/encoding.hpp"

namespace kimbap {

Sha256 sha256(std::string_view bytes) {
    // Fetching the algorithm once spares a lookup in the provider tables on every digest, and
    // keeping a thread's context two allocations.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    Sha256 out{};
    unsigned size = 0;
    if (EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), out.data(), &size) != 1) {
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
