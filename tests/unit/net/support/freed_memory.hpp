#pragma once

#include <cstddef>
#include <string_view>

namespace kimbap::net::test {

/// Counts how often a text is found in memory that is given back with operator delete while this
/// lives. One at a time.
class FreedMemory {
public:
    /// `needle` at least 8 bytes, and not itself on the heap.
    explicit FreedMemory(std::string_view needle);
    ~FreedMemory();
    FreedMemory(const FreedMemory&) = delete;
    FreedMemory& operator=(const FreedMemory&) = delete;

    [[nodiscard]] static std::size_t sightings();
};

}  // namespace kimbap::net::test
