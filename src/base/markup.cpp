#include "base/markup.hpp"

namespace kimbap {

namespace {

std::string_view reference(char c, Quotes quotes) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return quotes == Quotes::none ? "" : "&quot;";
        case '\'':
            return quotes == Quotes::both ? "&#39;" : "";
        default:
            return "";
    }
}

}  // namespace

std::string escape_markup(std::string_view text, Quotes quotes) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const std::string_view instead = reference(c, quotes);
        if (instead.empty()) {
            out += c;
        } else {
            out += instead;
        }
    }
    return out;
}

}  // namespace kimbap
