#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace kimbap {

/// Encrypts what kimbap itself must keep for later: suspended calls and their outcomes. The vault
/// implements it with AES-256-GCM under an internal key that the vault secret protects.
class Sealer {
public:
    virtual ~Sealer() = default;
    /// `context` is bound in as associated data: sealed bytes open only under the same context, so
    /// that no row can stand in for another. May block on key derivation at first use: not for I/O
    /// threads until warm (see vault). Thread-safe.
    [[nodiscard]] virtual Result<std::string> seal(std::string_view plain,
                                                   std::string_view context) const = 0;
    /// Errors: corrupt where a byte changed or the context differs.
    [[nodiscard]] virtual Result<std::string> unseal(std::string_view sealed,
                                                     std::string_view context) const = 0;
};

}  // namespace kimbap
