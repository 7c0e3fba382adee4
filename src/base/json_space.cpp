#include "base/json_space.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/byte_block.hpp"

namespace kimbap {

namespace {

constexpr std::size_t kBlock = ByteBlock::kSize;

/// Each bit is whether an odd number of bits up to it is set: from quotes to what is between them.
std::uint64_t between(std::uint64_t quotes) noexcept {
    for (const unsigned shift : {1U, 2U, 4U, 8U, 16U, 32U}) quotes ^= quotes << shift;
    return quotes;
}

/// Finds the white space of a JSON text outside its strings, a block at a time.
class SpaceFinder {
public:
    /// A bit a byte of the next block of the text.
    std::uint64_t in(const ByteBlock& block) noexcept {
        const std::uint64_t quotes = block.equal_to('"') & ~escaped(block.equal_to('\\'));
        const std::uint64_t inside = between(quotes) ^ inside_;
        inside_ = (inside >> (kBlock - 1)) != 0 ? ~std::uint64_t{0} : 0;
        // Between tokens JSON has no other byte up to the space (RFC 8259 section 2).
        return block.at_most(' ') & ~inside;
    }

private:
    /// The bytes that a backslash stands before which no other one escapes.
    std::uint64_t escaped(std::uint64_t backslashes) noexcept {
        std::uint64_t out = escaped_ ? 1U : 0U;
        escaped_ = false;
        for (backslashes &= ~out; backslashes != 0;) {
            const auto at = static_cast<unsigned>(std::countr_zero(backslashes));
            backslashes &= ~(std::uint64_t{3} << at);
            if (at + 1 == kBlock) {
                escaped_ = true;
            } else {
                out |= std::uint64_t{2} << at;
            }
        }
        return out;
    }

    std::uint64_t inside_ = 0;  ///< all bits where the last block ended within a string
    bool escaped_ = false;      ///< whether the next block's first byte is escaped
};

/// A block and room behind it, so that as much may be read from any byte of it.
constexpr std::size_t kRun = 16;
using PaddedBlock = std::array<char, kBlock + kRun>;

/// Writes the bytes of a block that `keep` has a bit for to `to`; where they end. Up to `limit` it
/// may write beyond them.
char* put_some(char* to, const char* limit, const PaddedBlock& block, std::uint64_t keep) noexcept {
    while (keep != 0) {
        const auto first = static_cast<unsigned>(std::countr_zero(keep));
        const auto count = static_cast<unsigned>(std::countr_one(keep >> first));
        if (count <= kRun && limit - to >= static_cast<std::ptrdiff_t>(kRun)) {
            std::memcpy(to, block.data() + first, kRun);
        } else {
            std::memcpy(to, block.data() + first, count);
        }
        to += count;
        keep = first + count == kBlock ? 0 : keep & (~std::uint64_t{0} << (first + count));
    }
    return to;
}

}  // namespace

std::string without_white_space(std::string json) {
    SpaceFinder finder;
    char* const text = json.data();
    char* to = text;
    PaddedBlock block{};
    for (std::size_t at = 0; at < json.size(); at += kBlock) {
        const std::size_t size = std::min(kBlock, json.size() - at);
        const std::uint64_t all = ~std::uint64_t{0} >> (kBlock - size);
        // What is left of the block before the last is behind the end, and not kept.
        std::memcpy(block.data(), text + at, size);
        const std::uint64_t keep = ~finder.in(ByteBlock(block.data())) & all;
        if (keep == all && to == text + at) {
            to += size;  // nothing to move so far
        } else {
            to = put_some(to, text + at + size, block, keep);
        }
    }
    json.resize(static_cast<std::size_t>(to - text));
    return json;
}

}  // namespace kimbap
