#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace kimbap {

/// Ed25519 (RFC 8032) over raw keys: 32-byte private seed, 32-byte public key, 64-byte signature.
inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kEd25519SignatureSize = 64;

/// Errors: invalid_argument where the seed is not 32 bytes.
[[nodiscard]] Result<std::string> ed25519_public_key(std::string_view seed);
[[nodiscard]] Result<std::string> ed25519_sign(std::string_view seed, std::string_view message);
/// False for a wrong signature, and for keys or signatures of another size.
[[nodiscard]] bool ed25519_verify(std::string_view public_key, std::string_view message,
                                  std::string_view signature);

}  // namespace kimbap
