#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store {

/// One vault record. Nothing in it helps without the vault secret.
struct SecretRow {
    std::string name;
    std::int64_t version = 1;     ///< Counts up with each rotation; bound into the ciphertext.
    std::int64_t iterations = 0;  ///< Of PBKDF2-HMAC-SHA-256.
    std::array<std::uint8_t, 16> salt{};
    std::array<std::uint8_t, 12> nonce{};
    std::string ciphertext;
    std::array<std::uint8_t, 16> tag{};
    TimePoint created_at;
    TimePoint updated_at;
};

/// Names and dates only: what listings show.
struct SecretInfo {
    std::string name;
    std::int64_t version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

class SecretStore {
public:
    virtual ~SecretStore() = default;
    [[nodiscard]] virtual Result<std::vector<SecretInfo>> list() const = 0;
    [[nodiscard]] virtual Result<std::optional<SecretRow>> find(std::string_view name) const = 0;
    /// Every record, for rekeying.
    [[nodiscard]] virtual Result<std::vector<SecretRow>> all() const = 0;
    /// Inserts or replaces by name.
    virtual Result<void> put(const SecretRow& row) = 0;
    /// Errors: not_found.
    virtual Result<void> remove(std::string_view name) = 0;
};

}  // namespace kimbap::store
