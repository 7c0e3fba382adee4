#pragma once

#include <optional>
#include <string_view>

#include "base/digest.hpp"
#include "base/secret.hpp"

namespace kimbap::identity {

/// A bearer token is `kbp_`, 43 base64url characters (32 random bytes) and 6 characters of a
/// checksum (SHA-256 of the 43). The prefix lets secret scanners find a leaked one; the checksum
/// tells a typo or a cut-off paste from an unknown token without asking the store. It adds nothing
/// to the secret and takes nothing from it: 256 bits stay random.
[[nodiscard]] Secret new_token();

/// What the store knows a token by: the SHA-256 of its text. nullopt where `text` has another
/// length or prefix. The checksum is left to is_intact(): a token that is known by its hash needs
/// none.
[[nodiscard]] std::optional<Sha256> token_hash(std::string_view text);

/// Whether `text` is of the form above and its checksum fits.
[[nodiscard]] bool is_intact(std::string_view text);

}  // namespace kimbap::identity
