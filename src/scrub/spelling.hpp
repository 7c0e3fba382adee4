#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kimbap::scrub {

/// How a text compares with a secret from some place on.
struct Spelled {
    enum class Fit {
        none,
        begun,  ///< The text ends before it can be told: what follows may complete the secret.
        whole,
    };
    Fit fit = Fit::none;
    std::size_t end = 0;  ///< Behind the last character of a whole one.
};

/// Whether white space may stand between a secret's characters: encoders of base64 break its lines
/// (RFC 2045 section 6.8, RFC 7468), and what quotes a text indents them.
enum class Breaks : std::uint8_t { none, anywhere };

/// Whether `text` spells `secret` from `at` on, each character of it plain, percent-encoded (hex
/// digits of either case, several times over, '+' for a space) or escaped as JSON and JavaScript
/// have it (\" \/ \n \u0041 \x41, surrogate pairs, quoted several times over), in any mixture: what
/// an encoder leaves alone differs from one to the next. `secret` is not empty, and has no white
/// space where breaks are let pass.
[[nodiscard]] Spelled spelled(std::string_view text, std::size_t at, std::string_view secret,
                              Breaks breaks = Breaks::none);

/// Whether `c` may be part of a break.
[[nodiscard]] bool is_break(char c) noexcept;

/// What a letter stands for behind a backslash; itself where it stands for nothing else.
[[nodiscard]] char unescaped(char letter);

}  // namespace kimbap::scrub
