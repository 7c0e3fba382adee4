#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace kimbap::vault {

inline constexpr std::size_t kKeySize = 32;
inline constexpr std::size_t kSaltSize = 16;

/// Fewer make guessing a human-made vault secret too cheap; a record with fewer is refused.
inline constexpr std::int64_t kMinIterations = 100'000;
/// OWASP's figure for PBKDF2-HMAC-SHA-256.
inline constexpr std::int64_t kDefaultIterations = 600'000;
/// More would let a forged record keep a processor busy for minutes.
inline constexpr std::int64_t kMaxIterations = 10'000'000;

/// PBKDF2-HMAC-SHA-256 (RFC 8018 section 5.2) into `key`. Takes in the order of 100 ms at the
/// default: never on an I/O thread. Doesn't hold to the limits above, which are the caller's
/// affair. Errors: invalid_argument for less than one iteration; internal where OpenSSL refuses.
[[nodiscard]] Result<void> derive_key(std::string_view secret, std::string_view salt,
                                      std::int64_t iterations, std::span<std::uint8_t> key);

}  // namespace kimbap::vault
