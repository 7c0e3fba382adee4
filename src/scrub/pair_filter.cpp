#include "scrub/pair_filter.hpp"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

namespace kimbap::scrub {

void PairFilter::enter(Halves& halves, std::size_t form, char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    halves.low[byte & 15U] |= kind(form);
    halves.high[byte >> 4U] |= kind(form);
}

#if defined(__x86_64__)

namespace {

__m128i load(const void* from) noexcept {
    __m128i out;
    std::memcpy(&out, from, sizeof out);
    return out;
}

/// The kinds of sixteen bytes.
[[gnu::target("ssse3")]] __m128i kinds_of(__m128i bytes, __m128i low, __m128i high) noexcept {
    const __m128i half = _mm_set1_epi8(0x0f);
    const __m128i upper = _mm_and_si128(_mm_srli_epi16(bytes, 4), half);
    return _mm_and_si128(_mm_shuffle_epi8(low, _mm_and_si128(bytes, half)),
                         _mm_shuffle_epi8(high, upper));
}

}  // namespace

[[gnu::target("ssse3")]] std::size_t PairFilter::pass_over_sixteens(std::string_view text,
                                                                    std::size_t at) const noexcept {
    static_assert(kSome == sizeof(__m128i));
    const __m128i first_low = load(first_.low.data());
    const __m128i first_high = load(first_.high.data());
    const __m128i second_low = load(second_.low.data());
    const __m128i second_high = load(second_.high.data());
    const __m128i any_second = _mm_set1_epi8(static_cast<char>(any_second_));
    const __m128i percent = _mm_set1_epi8('%');
    const __m128i backslash = _mm_set1_epi8('\\');
    for (; at + kSome < text.size(); at += kSome) {
        const __m128i here = load(text.data() + at);
        const __m128i next = load(text.data() + at + 1);
        const __m128i escape =
            _mm_or_si128(_mm_cmpeq_epi8(here, percent), _mm_cmpeq_epi8(here, backslash));
        const __m128i next_escape =
            _mm_or_si128(_mm_cmpeq_epi8(next, percent), _mm_cmpeq_epi8(next, backslash));
        const __m128i second = _mm_or_si128(_mm_or_si128(any_second, next_escape),
                                            kinds_of(next, second_low, second_high));
        const __m128i possible =
            _mm_or_si128(escape, _mm_and_si128(kinds_of(here, first_low, first_high), second));
        const __m128i none = _mm_cmpeq_epi8(possible, _mm_setzero_si128());
        const auto places = ~static_cast<unsigned>(_mm_movemask_epi8(none)) & 0xffffU;
        if (places != 0) return at + static_cast<std::size_t>(std::countr_zero(places));
    }
    return at;
}

std::size_t PairFilter::pass_over_some(std::string_view text, std::size_t at) const noexcept {
    return __builtin_cpu_supports("ssse3") != 0 ? pass_over_sixteens(text, at) : at;
}

#else

std::size_t PairFilter::pass_over_some(std::string_view, std::size_t at) const noexcept {
    return at;
}

#endif

}  // namespace kimbap::scrub
