#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kimbap::scrub {

/// Passes over the places of a text where none of some forms can begin, sixteen at a time, by the
/// first two bytes that each form may have. The bytes that begin an escape, '%' and '\', may spell
/// any of them. Forms are told apart by number up to kKinds; those beyond share, which lets some
/// places pass as possible that aren't.
class PairFilter {
public:
    static constexpr std::size_t kKinds = 8;

    /// Form number `form` may have `c` as its first byte, or as its second.
    void may_begin(std::size_t form, char c) noexcept { enter(first_, form, c); }
    void may_follow(std::size_t form, char c) noexcept { enter(second_, form, c); }
    /// It may have any byte as its second.
    void may_follow_any(std::size_t form) noexcept { any_second_ |= kind(form); }

    /// How far `text` can be passed over from `at` on: no form begins before that. It need not be
    /// the next place where one may: near the text's end, and on processors without SSSE3, it is
    /// `at`.
    [[nodiscard]] std::size_t pass_over(std::string_view text, std::size_t at) const noexcept {
        return at + kSome < text.size() ? pass_over_some(text, at) : at;
    }

private:
    static constexpr std::size_t kSome = 16;  ///< Places that are looked at together.

    /// Kinds by the lower and by the upper half of a byte; the byte has those that both have.
    struct Halves {
        std::array<std::uint8_t, 16> low{};
        std::array<std::uint8_t, 16> high{};
    };

    static std::uint8_t kind(std::size_t form) noexcept {
        return static_cast<std::uint8_t>(1U << (form % kKinds));
    }
    static void enter(Halves& halves, std::size_t form, char c) noexcept;
    [[nodiscard]] std::size_t pass_over_some(std::string_view text, std::size_t at) const noexcept;
#if defined(__x86_64__)
    [[nodiscard]] std::size_t pass_over_sixteens(std::string_view text,
                                                 std::size_t at) const noexcept;
#endif

    Halves first_;
    Halves second_;
    std::uint8_t any_second_ = 0;
};

}  // namespace kimbap::scrub
