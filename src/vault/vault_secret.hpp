#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::vault {

inline constexpr std::size_t kMinVaultSecretSize = 16;
inline constexpr std::size_t kMaxVaultSecretSize = 1024;
inline constexpr const char* kVaultSecretVariable = "KIMBAP_VAULT_SECRET";

/// Takes the vault secret out of $KIMBAP_VAULT_SECRET: the variable is unset and its bytes
/// overwritten, so that neither children nor /proc/PID/environ show it. Empty where it is not set.
/// Changes the environment: call it before there are threads. Errors: invalid_config for its
/// length.
[[nodiscard]] Result<Secret> take_vault_secret_from_environment();

/// Reads the vault secret from a file, without one trailing line break. Errors: invalid_config
/// where the file is missing, no regular file, readable by group or others (they could read every
/// secret of the vault), or its content is too short or too long; each with the mend.
[[nodiscard]] Result<Secret> read_vault_secret_file(const std::string& path);

/// The environment's, else the file's; `path` may be empty. Errors: as above, and invalid_config
/// where there is neither.
[[nodiscard]] Result<Secret> load_vault_secret(const std::string& path);

/// A new vault secret: "kbv1_" and 256 random bits in base64url (43 characters).
[[nodiscard]] Secret generate_vault_secret();
/// Whether `secret` has that form. Its 256 bits can't be searched, so that verifying it may be
/// cheap.
[[nodiscard]] bool is_generated(std::string_view secret) noexcept;

}  // namespace kimbap::vault
