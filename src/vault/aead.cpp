#include "vault/aead.hpp"

#include <openssl/evp.h>

#include <climits>
#include <memory>

#include "base/ids.hpp"

namespace kimbap::vault {

namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

struct FreeCipher {
    void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
};

/// Fetched once: a look-up by name costs more than the encryption of a credential.
const EVP_CIPHER* cipher() {
    static const std::unique_ptr<EVP_CIPHER, FreeCipher> fetched(
        EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    return fetched.get();
}

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Error refused() {
    return make_error(Errc::internal, "OpenSSL refused AES-256-GCM");
}

bool fits(std::string_view text, std::string_view associated_data) {
    return text.size() <= INT_MAX && associated_data.size() <= INT_MAX;
}

}  // namespace

namespace detail {

Result<Sealed> encrypt_with_nonce(KeyView key, const Nonce& nonce, std::string_view plain,
                                  std::string_view associated_data) {
    if (!fits(plain, associated_data)) return make_error(Errc::too_large, "too much to encrypt");
    // The context holds the expanded key; freeing it wipes it.
    const Context context(EVP_CIPHER_CTX_new());
    Sealed sealed{nonce, std::string(plain.size(), '\0'), {}};
    int written = 0;
    if (!context || cipher() == nullptr ||
        EVP_EncryptInit_ex2(context.get(), cipher(), key.data(), nonce.data(), nullptr) != 1 ||
        EVP_EncryptUpdate(context.get(), nullptr, &written, raw(associated_data),
                          static_cast<int>(associated_data.size())) != 1) {
        return refused();
    }
    auto* const out = reinterpret_cast<unsigned char*>(sealed.ciphertext.data());
    if (EVP_EncryptUpdate(context.get(), out, &written, raw(plain),
                          static_cast<int>(plain.size())) != 1 ||
        EVP_EncryptFinal_ex(context.get(), out + written, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG,
                            static_cast<int>(sealed.tag.size()), sealed.tag.data()) != 1) {
        return refused();
    }
    return sealed;
}

}  // namespace detail

Result<Sealed> encrypt(KeyView key, std::string_view plain, std::string_view associated_data) {
    Nonce nonce{};
    random_bytes(nonce);
    return detail::encrypt_with_nonce(key, nonce, plain, associated_data);
}

Result<Secret> decrypt(KeyView key, const Nonce& nonce, std::string_view ciphertext, const Tag& tag,
                       std::string_view associated_data) {
    if (!fits(ciphertext, associated_data)) {
        return make_error(Errc::too_large, "too much to decrypt");
    }
    const Context context(EVP_CIPHER_CTX_new());
    int written = 0;
    Tag expected = tag;
    if (!context || cipher() == nullptr ||
        EVP_DecryptInit_ex2(context.get(), cipher(), key.data(), nonce.data(), nullptr) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(expected.size()),
                            expected.data()) != 1 ||
        EVP_DecryptUpdate(context.get(), nullptr, &written, raw(associated_data),
                          static_cast<int>(associated_data.size())) != 1) {
        return refused();
    }
    // GCM yields plaintext before it has checked the tag: none of it leaves before that.
    std::string plain(ciphertext.size(), '\0');
    auto* const out = reinterpret_cast<unsigned char*>(plain.data());
    const bool decrypted = EVP_DecryptUpdate(context.get(), out, &written, raw(ciphertext),
                                             static_cast<int>(ciphertext.size())) == 1 &&
                           EVP_DecryptFinal_ex(context.get(), out + written, &written) == 1;
    Secret secret = Secret::take(plain);
    if (!decrypted) return make_error(Errc::corrupt, "the encrypted data was changed");
    return secret;
}

}  // namespace kimbap::vault
