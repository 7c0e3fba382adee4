#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace kimbap::vault {

/// By which a wrong vault secret is noticed at start: a value in the store's meta table, which lets
/// nobody who reads the database find the secret faster than a record would.
///
///  - For a generated secret (vault_secret.hpp) an HMAC-SHA-256 of it over a random salt: its 256
///  bits
///    can't be searched, and checking takes microseconds.
///  - For any other an HMAC under the key that PBKDF2 derives from it: guessing costs as much as on
///  a
///    record.
///
/// Text: `hmac-sha256:<salt>:<mac>` or `pbkdf2-sha256:<iterations>:<salt>:<mac>`, base64url.
[[nodiscard]] Result<std::string> make_check(std::string_view secret, std::int64_t iterations);

/// Whether verifying `secret` against `check` needs no key derivation.
[[nodiscard]] bool is_instant(std::string_view check, std::string_view secret) noexcept;

/// Errors: invalid_config where the secret is another; corrupt where the value is damaged. Derives
/// a key unless is_instant().
[[nodiscard]] Result<void> verify_check(std::string_view check, std::string_view secret);

}  // namespace kimbap::vault
