#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kimbap {

/// Sixty-four bytes of a text, asked about all at once: each answer has a bit a byte, the first
/// byte's the lowest. Where a processor has no SSE2 the bytes are looked at one by one.
class ByteBlock {
public:
    static constexpr std::size_t kSize = 64;

    /// Takes kSize bytes from `text`, which must outlast the block and not change meanwhile.
    explicit ByteBlock(const char* text) noexcept : text_(text) {}

    [[nodiscard]] std::uint64_t equal_to(char c) const noexcept {
#if defined(__SSE2__)
        const __m128i wanted = _mm_set1_epi8(c);
        return bits([wanted](__m128i bytes) { return _mm_cmpeq_epi8(bytes, wanted); });
#else
        return bits([c](char byte) { return byte == c; });
#endif
    }

    /// Bytes whose value is `most` or less, taken as unsigned.
    [[nodiscard]] std::uint64_t at_most(char most) const noexcept {
#if defined(__SSE2__)
        const __m128i limit = _mm_set1_epi8(most);
        return bits(
            [limit](__m128i bytes) { return _mm_cmpeq_epi8(_mm_max_epu8(bytes, limit), limit); });
#else
        return bits([most](char byte) {
            return static_cast<unsigned char>(byte) <= static_cast<unsigned char>(most);
        });
#endif
    }

private:
#if defined(__SSE2__)
    template <class Test>
    [[nodiscard]] std::uint64_t bits(const Test& test) const noexcept {
        std::uint64_t out = 0;
        for (std::size_t at = 0; at < kSize; at += sizeof(__m128i)) {
            __m128i bytes;
            std::memcpy(&bytes, text_ + at, sizeof bytes);
            const auto some = static_cast<unsigned>(_mm_movemask_epi8(test(bytes)));
            out |= std::uint64_t{some} << at;
        }
        return out;
    }
#else
    template <class Test>
    [[nodiscard]] std::uint64_t bits(const Test& test) const noexcept {
        std::uint64_t out = 0;
        for (std::size_t at = 0; at < kSize; ++at) {
            out |= std::uint64_t{test(text_[at])} << at;
        }
        return out;
    }
#endif

    const char* text_;
};

}  // namespace kimbap
