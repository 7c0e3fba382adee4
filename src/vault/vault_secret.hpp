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

/// Where a vault secret came from, for what must be said about it.
enum class SecretSource { environment, credential, file, prompt };

/// What may be said of a vault secret.
struct SecretFacts {
    SecretSource source = SecretSource::file;
    std::string place;       ///< The variable or the file.
    bool generated = false;  ///< By kimbap: as hard to guess as can be.
    std::size_t size = 0;    ///< Bytes.
};

struct LoadedSecret {
    Secret secret;
    SecretFacts facts;
};

/// The file systemd passes the vault secret in (LoadCredential=vault.secret:/etc/…): "vault.secret"
/// in $CREDENTIALS_DIRECTORY; "" where there is none.
[[nodiscard]] std::string credential_file();

/// The vault secret from the first of these that has one: $KIMBAP_VAULT_SECRET, the credential that
/// systemd passed, the file at `path` (may be empty), and the terminal, where there is one: asked
/// twice with `confirm`, for a vault that is to be made with it. Errors: as above, and
/// invalid_config where there is none, or the two differ.
[[nodiscard]] Result<LoadedSecret> load_vault_secret(const std::string& path, bool confirm = false);

/// A new vault secret: "kbv1_" and 256 random bits in base64url (43 characters).
[[nodiscard]] Secret generate_vault_secret();
/// Whether `secret` has that form. Its 256 bits can't be searched, so that verifying it may be
/// cheap.
[[nodiscard]] bool is_generated(std::string_view secret) noexcept;

}  // namespace kimbap::vault
