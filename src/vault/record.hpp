#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "store/secret_store.hpp"
#include "vault/aead.hpp"

namespace kimbap::vault {

inline constexpr std::size_t kMaxNameSize = 128;
/// 64 KiB: a credential, a key file, a service account's JSON.
inline constexpr std::size_t kMaxValueSize = 65'536;
/// Names under it are kimbap's own: never listed, and refused from outside.
inline constexpr std::string_view kInternalPrefix = "kimbap.internal.";

/// Names are [a-z0-9][a-z0-9._/-]*, at most kMaxNameSize bytes, and not kimbap's own.
/// Errors: invalid_argument, saying what a name may be.
[[nodiscard]] Result<void> check_name(std::string_view name);
/// Errors: invalid_argument for an empty value, too_large.
[[nodiscard]] Result<void> check_value(std::string_view value);

/// What a record's ciphertext is bound to, so that no record can stand in for another, nor an older
/// version for a newer one. Unambiguous, as names have no line breaks.
[[nodiscard]] std::string associated_data(std::string_view name, std::int64_t version,
                                          std::int64_t iterations);

/// A record (contract section 9) of `value` under `key`, which was derived from `salt`.
/// Dates are the caller's.
[[nodiscard]] Result<store::SecretRow> seal_record(std::string_view name, std::int64_t version,
                                                   std::int64_t iterations,
                                                   const std::array<std::uint8_t, 16>& salt,
                                                   KeyView key, std::string_view value);
/// Errors: corrupt where any byte of the record, its name, version or iterations changed, or `key`
/// is not its key.
[[nodiscard]] Result<Secret> open_record(const store::SecretRow& row, KeyView key);

/// Errors: corrupt where the iterations are outside kMinIterations and kMaxIterations.
[[nodiscard]] Result<void> check_iterations(const store::SecretRow& row);

}  // namespace kimbap::vault
