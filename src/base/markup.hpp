#pragma once

#include <string>
#include <string_view>

namespace kimbap {

/// Which quotes become references besides & < and >.
enum class Quotes {
    none,         ///< For text between tags, where quotes end nothing.
    double_only,  ///< As well: an attribute's value between double quotes.
    both,         ///< As well: one between single quotes.
};

/// `text` as text of HTML, or of what chat services take in its place: nothing in it is markup.
[[nodiscard]] std::string escape_markup(std::string_view text, Quotes quotes);

}  // namespace kimbap
