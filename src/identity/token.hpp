#pragma once

#include <string_view>

#include "base/secret.hpp"

namespace kimbap::identity {

/// A bearer token is `kbp_` and 48 base64url characters: 32 random bytes, then the first 4 bytes of
/// SHA-256("kbp_" + those 32 bytes). The prefix lets secret scanners find a leaked one; the check
/// bytes tell a typo or a cut-off paste from a token that is not known, without asking the store.
/// They add nothing to the secret and take nothing from it: 256 bits stay random.
inline constexpr std::string_view kTokenPrefix = "kbp_";
inline constexpr std::size_t kTokenLength = 52;

[[nodiscard]] Secret new_token();
/// Whether `bearer` has the form and check bytes of a token.
[[nodiscard]] bool well_formed(std::string_view bearer);

}  // namespace kimbap::identity
