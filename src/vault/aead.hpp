#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::vault {

using KeyView = std::span<const std::uint8_t, 32>;
using Nonce = std::array<std::uint8_t, 12>;
using Tag = std::array<std::uint8_t, 16>;

/// What AES-256-GCM makes of a plaintext.
struct Sealed {
    Nonce nonce{};
    std::string ciphertext;
    Tag tag{};
};

/// AES-256-GCM (NIST SP 800-38D) with a fresh random nonce: a nonce used twice under one key would
/// give the key away, so that callers can't choose one. One key may seal at most 2^32 messages.
/// Errors: internal where OpenSSL refuses.
[[nodiscard]] Result<Sealed> encrypt(KeyView key, std::string_view plain,
                                     std::string_view associated_data);

/// Errors: corrupt where key, nonce, ciphertext, tag or associated data is not what was sealed.
[[nodiscard]] Result<Secret> decrypt(KeyView key, const Nonce& nonce, std::string_view ciphertext,
                                     const Tag& tag, std::string_view associated_data);

namespace detail {
/// With a given nonce: for known-answer tests alone.
[[nodiscard]] Result<Sealed> encrypt_with_nonce(KeyView key, const Nonce& nonce,
                                                std::string_view plain,
                                                std::string_view associated_data);
}  // namespace detail

}  // namespace kimbap::vault
