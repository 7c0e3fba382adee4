#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace kimbap::vault {

/// How well an arena is kept from being read by others, best first.
enum class Protection {
    secret,    ///< memfd_secret(2): not even the kernel maps it; neither swapped nor dumped.
    locked,    ///< mlock(2), MADV_DONTDUMP, MADV_WIPEONFORK.
    unlocked,  ///< The memory-lock limit is too low: left out of core dumps, but may be swapped.
};

class LockedArena;

/// A few bytes in locked memory. Move-only; wiped when it dies. Keeps its arena's memory alive.
class LockedBytes {
public:
    LockedBytes() noexcept = default;
    LockedBytes(LockedBytes&& other) noexcept { swap(other); }
    LockedBytes& operator=(LockedBytes&& other) noexcept {
        LockedBytes moved(std::move(other));
        swap(moved);
        return *this;
    }
    LockedBytes(const LockedBytes&) = delete;
    LockedBytes& operator=(const LockedBytes&) = delete;
    ~LockedBytes();

    /// Writable, to derive into place.
    [[nodiscard]] std::span<std::uint8_t> bytes() noexcept { return bytes_; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }
    /// Each use is a place to review, as with Secret::reveal().
    [[nodiscard]] std::string_view reveal() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }

private:
    friend class LockedArena;
    struct Region;
    void swap(LockedBytes& other) noexcept {
        std::swap(region_, other.region_);
        std::swap(bytes_, other.bytes_);
    }
    std::shared_ptr<Region> region_;
    std::span<std::uint8_t> bytes_;
};

/// A small piece of memory for keys, that core dumps leave out and that is not swapped to disk, so
/// that neither a crash report nor a stolen disk holds a key. Children get none of it: a program
/// started by kimbap must not inherit keys. Thread-safe.
class LockedArena {
public:
    /// Pieces are multiples of this.
    static constexpr std::size_t kSlot = 32;

    /// `size` is rounded up to pages. Throws std::bad_alloc where there is no memory.
    explicit LockedArena(std::size_t size);

    /// Errors: too_large where the arena has no such run of free slots.
    [[nodiscard]] Result<LockedBytes> allocate(std::size_t size);
    /// A copy of `bytes`.
    [[nodiscard]] Result<LockedBytes> store(std::string_view bytes);

    [[nodiscard]] Protection protection() const noexcept;

private:
    std::shared_ptr<LockedBytes::Region> region_;
};

}  // namespace kimbap::vault
