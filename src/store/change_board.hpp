#pragma once

#include <cstdint>

namespace kimbap::store {

/// What may have changed in the store, so that caches and waiters of every process notice at once.
enum class Topic : std::uint8_t { tokens, secrets, approvals, outbox };
inline constexpr std::size_t kTopicCount = 4;

/// Version counters in memory, kept up to date with all processes that share the store: reading one
/// costs a load, so that a call can ask on its way whether a cached token was revoked meanwhile.
///
/// An odd version says that a writer is between announcing and having committed a change: nothing
/// read then may be cached. Load the version, read the store, cache under that version if even; the
/// cache holds while version() still gives the same.
class ChangeBoard {
public:
    virtual ~ChangeBoard() = default;
    /// Thread-safe, wait-free.
    [[nodiscard]] virtual std::uint64_t version(Topic topic) const noexcept = 0;
    [[nodiscard]] static bool stable(std::uint64_t version) noexcept { return version % 2 == 0; }
};

}  // namespace kimbap::store
