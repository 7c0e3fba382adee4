#include "base/json_string.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/byte_block.hpp"

#if defined(__x86_64__)
#include <tmmintrin.h>
#define KIMBAP_CAN_SPREAD 1
#else
#define KIMBAP_CAN_SPREAD 0
#endif

namespace kimbap {

namespace {

/// What follows the backslash where a byte is escaped with two characters, 'u' where it takes six,
/// 0 where it stands for itself.
constexpr std::array<char, 256> escapes() {
    std::array<char, 256> out{};
    for (std::size_t c = 0; c < 0x20; ++c) out[c] = 'u';
    out['"'] = '"';
    out['\\'] = '\\';
    out['\n'] = 'n';
    out['\r'] = 'r';
    out['\t'] = 't';
    out['\b'] = 'b';
    out['\f'] = 'f';
    return out;
}
constexpr std::array<char, 256> kEscapes = escapes();
constexpr std::size_t kLongestEscape = 6;
constexpr char kLastControl = '\x1f';
constexpr std::size_t kWord = 8;

/// How many of the eight bytes at `text` come before the first that must be escaped. Exact, though
/// a byte's highest bit may be set by a borrow beyond the lowest one that is found.
std::size_t plain_of_eight(const char* text) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighs = 0x8080808080808080U;
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t word = 0;
    std::memcpy(&word, text, sizeof word);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    const std::uint64_t found = (((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) |
                                 ((backslash - kOnes) & ~backslash)) &
                                kHighs;
    return found == 0 ? kWord : static_cast<std::size_t>(std::countr_zero(found)) / 8;
}

/// Where the first byte to escape stands; the size where there is none.
std::size_t plain_prefix(std::string_view text) noexcept {
    std::size_t at = 0;
    for (; at + kWord <= text.size(); at += kWord) {
        const std::size_t plain = plain_of_eight(text.data() + at);
        if (plain < kWord) return at + plain;
    }
    while (at < text.size() && kEscapes[static_cast<unsigned char>(text[at])] == 0) ++at;
    return at;
}

std::size_t escaped_size(std::string_view text) noexcept {
    constexpr std::string_view two = "\"\\\n\r\t\b\f";
    std::size_t size = text.size();
    for (; text.size() >= ByteBlock::kSize; text.remove_prefix(ByteBlock::kSize)) {
        const ByteBlock block(text.data());
        const std::uint64_t controls = block.at_most(kLastControl);
        std::uint64_t by_one = 0;
        for (const char c : controls == 0 ? two.substr(0, 2) : two) by_one |= block.equal_to(c);
        size += static_cast<std::size_t>(std::popcount(by_one));
        const auto by_five = static_cast<std::size_t>(std::popcount(controls & ~by_one));
        size += by_five * (kLongestEscape - 1);
    }
    for (const char c : text) {
        const char escape = kEscapes[static_cast<unsigned char>(c)];
        size += escape == 0 ? 0U : escape == 'u' ? kLongestEscape - 1 : 1U;
    }
    return size;
}

/// Writes `c` escaped; where it ends.
char* put_escaped(char* to, unsigned char c) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    *to++ = '\\';
    *to++ = kEscapes[c];
    if (kEscapes[c] != 'u') return to;
    *to++ = '0';
    *to++ = '0';
    *to++ = digits[c >> 4U];
    *to++ = digits[c & 15U];
    return to;
}

char* put_each(char* to, const char* from, const char* end) noexcept {
    for (; from != end; ++from) {
        const auto c = static_cast<unsigned char>(*from);
        if (kEscapes[c] != 0) {
            to = put_escaped(to, c);
        } else {
            *to++ = *from;
        }
    }
    return to;
}

#if KIMBAP_CAN_SPREAD

constexpr std::size_t kSpread = sizeof(__m128i);

/// How eight bytes are spread over sixteen to make room for the backslashes, by a bit for each one
/// that needs it: positions of the bytes, kWord being that of a backslash.
struct Spreads {
    alignas(kSpread) std::array<std::array<std::uint8_t, kSpread>, 256> order{};
    std::array<std::uint8_t, 256> size{};
};

constexpr Spreads spreads() {
    Spreads out;
    for (std::size_t mask = 0; mask < 256; ++mask) {
        std::uint8_t size = 0;
        for (std::uint8_t at = 0; at < kWord; ++at) {
            if (((mask >> at) & 1U) != 0) out.order[mask][size++] = kWord;
            out.order[mask][size++] = at;
        }
        out.size[mask] = size;
    }
    return out;
}
constexpr Spreads kSpreads = spreads();

/// Escapes eight bytes at a time, without a branch for each quote: an answer that is JSON itself
/// has one every few bytes. Leaves less than kSpread at `from`.
[[gnu::target("ssse3")]] char* put_spread(char* to, const char*& from, const char* end) noexcept {
    const __m128i zero = _mm_setzero_si128();
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(kLastControl);
    const __m128i letters = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 'b', 't', 'n', 0, 'f', 'r', 0, 0);
    // Each byte gives at least one: where sixteen are left to read, sixteen may be written.
    for (; end - from >= static_cast<std::ptrdiff_t>(kSpread); from += kWord) {
        std::int64_t word = 0;
        std::memcpy(&word, from, sizeof word);
        const __m128i read = _mm_set_epi64x(0, word);
        // Sixteen and above have their highest bit set by this, and become no letter.
        const __m128i letter = _mm_shuffle_epi8(letters, _mm_adds_epu8(read, _mm_set1_epi8(0x70)));
        const __m128i lone = _mm_cmpeq_epi8(letter, zero);
        const __m128i bytes = _mm_or_si128(_mm_and_si128(read, lone), letter);
        const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
        if ((_mm_movemask_epi8(control) & 0xff) != 0) {
            to = put_each(to, from, from + kWord);
            continue;
        }
        const __m128i itself =
            _mm_or_si128(_mm_cmpeq_epi8(read, quote), _mm_cmpeq_epi8(read, backslash));
        const __m128i plain = _mm_andnot_si128(itself, lone);
        const auto mask = ~static_cast<std::size_t>(_mm_movemask_epi8(plain)) & 0xffU;
        __m128i order;
        std::memcpy(&order, kSpreads.order[mask].data(), sizeof order);
        const __m128i spread = _mm_shuffle_epi8(_mm_unpacklo_epi64(bytes, backslash), order);
        std::memcpy(to, &spread, sizeof spread);  // what is beyond its size is written over
        to += kSpreads.size[mask];
    }
    return to;
}

#endif

/// Writes `text` escaped to where there is room for its escaped_size().
char* put_string(char* to, std::string_view text) noexcept {
    const char* from = text.data();
    const char* const end = from + text.size();
#if KIMBAP_CAN_SPREAD
    if (__builtin_cpu_supports("ssse3") != 0) to = put_spread(to, from, end);
#endif
    // Each byte gives at least one: where eight are left to read, eight may be written.
    while (end - from >= static_cast<std::ptrdiff_t>(kWord)) {
        const std::size_t plain = plain_of_eight(from);
        std::memcpy(to, from, kWord);  // what is not plain of it is written over
        to += plain;
        from += plain;
        if (plain < kWord) to = put_escaped(to, static_cast<unsigned char>(*from++));
    }
    return put_each(to, from, end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    const std::size_t plain = plain_prefix(text);
    const std::string_view rest = text.substr(plain);
    const std::size_t before = out.size();
    out.resize(before + plain + (rest.empty() ? 0 : escaped_size(rest)) + 2);
    char* to = out.data() + before;
    *to++ = '"';
    std::memcpy(to, text.data(), plain);
    to = put_string(to + plain, rest);
    *to = '"';
}

}  // namespace kimbap
