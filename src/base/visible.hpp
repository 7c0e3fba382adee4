#pragma once

#include <string>
#include <string_view>

namespace kimbap {

enum class Breaks {
    keep,  ///< Line breaks and tabs stay.
    show,  ///< They appear as their code, too: what is meant for one line stays on it.
};

/// `text` as a person who decides by it may be shown it, whoever wrote it: control characters, and
/// those that reorder or hide what stands around them (bidirectional overrides, zero-width
/// characters), appear as their code, \u{202E}. Malformed UTF-8 becomes U+FFFD.
[[nodiscard]] std::string visible(std::string_view text, Breaks breaks = Breaks::show);

}  // namespace kimbap
