#include "base/ed25519.hpp"

#include <openssl/evp.h>

#include <memory>

namespace kimbap {

namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

KeyPtr private_key(std::string_view seed) {
    return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(seed), seed.size()),
            EVP_PKEY_free};
}

Error unusable() {
    return make_error(Errc::invalid_argument, "not an Ed25519 key of 32 bytes");
}

}  // namespace

Result<std::string> ed25519_public_key(std::string_view seed) {
    const KeyPtr key = private_key(seed);
    std::string out(kEd25519KeySize, '\0');
    std::size_t size = out.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(out.data()),
                                            &size) != 1) {
        return unusable();
    }
    return out;
}

Result<std::string> ed25519_sign(std::string_view seed, std::string_view message) {
    const KeyPtr key = private_key(seed);
    const ContextPtr context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    std::string out(kEd25519SignatureSize, '\0');
    std::size_t size = out.size();
    if (!key || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       bytes(message), message.size()) != 1) {
        return unusable();
    }
    return out;
}

bool ed25519_verify(std::string_view public_key, std::string_view message,
                    std::string_view signature) {
    const KeyPtr key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(public_key),
                                                 public_key.size()),
                     EVP_PKEY_free};
    const ContextPtr context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                            message.size()) == 1;
}

}  // namespace kimbap
