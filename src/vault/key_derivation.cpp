#include "vault/key_derivation.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>

namespace kimbap::vault {

namespace {

struct FreeKdf {
    void operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
};

/// OpenSSL's parameters are not const, though it only reads these.
void* writable(std::string_view bytes) {
    return const_cast<char*>(bytes.data());
}

}  // namespace

Result<void> derive_key(std::string_view secret, std::string_view salt, std::int64_t iterations,
                        std::span<std::uint8_t> key) {
    if (iterations < 1) {
        return make_error(Errc::invalid_argument, "PBKDF2 needs at least one iteration");
    }
    const std::unique_ptr<EVP_KDF, FreeKdf> kdf(EVP_KDF_fetch(nullptr, "PBKDF2", nullptr));
    const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    if (!context) return make_error(Errc::internal, "OpenSSL offers no PBKDF2");

    std::string_view digest = "SHA256";
    auto rounds = static_cast<std::uint64_t>(iterations);
    int relaxed = 1;  // Of SP 800-132's lower limits, which the known-answer vectors are below.
    const std::array<OSSL_PARAM, 6> parameters{
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, writable(secret), secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, writable(salt), salt.size()),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &rounds),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &relaxed),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         static_cast<char*>(writable(digest)), digest.size()),
        OSSL_PARAM_construct_end()};
    if (EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) != 1) {
        return make_error(Errc::internal, "OpenSSL refused to derive a key");
    }
    return {};
}

}  // namespace kimbap::vault
