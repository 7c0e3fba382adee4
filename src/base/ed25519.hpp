#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap {

inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kEd25519SignatureSize = 64;

/// An Ed25519 key pair (RFC 8032) as raw bytes: a 32-byte seed and a 32-byte public key.
struct Ed25519KeyPair {
    Secret private_key;
    std::string public_key;
};

/// A new pair from the system's cryptographic generator.
[[nodiscard]] Result<Ed25519KeyPair> ed25519_generate();
/// The public key that belongs to a raw private key. Errors: invalid_argument for another size.
[[nodiscard]] Result<std::string> ed25519_public_key(std::string_view private_key);
/// The 64-byte signature of `message`. Errors: invalid_argument for a key of another size.
[[nodiscard]] Result<std::string> ed25519_sign(std::string_view private_key,
                                               std::string_view message);
/// Whether `signature` is `public_key`'s over `message`; false for keys or signatures of a wrong
/// size too.
[[nodiscard]] bool ed25519_verify(std::string_view public_key, std::string_view message,
                                  std::string_view signature) noexcept;

}  // namespace kimbap
