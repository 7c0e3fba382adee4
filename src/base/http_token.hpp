#pragma once

#include <algorithm>
#include <string_view>

namespace kimbap {

/// Whether `text` is a token of HTTP (RFC 9110 section 5.6.2): what names of headers and methods
/// are made of.
[[nodiscard]] inline bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

}  // namespace kimbap
