#include "base/json_string.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <string_view>

namespace kimbap {
namespace {

std::string as_json(std::string_view text) {
    std::string out = "before";
    append_json_string(out, text);
    EXPECT_TRUE(out.starts_with("before"));
    return out.substr(6);
}

/// As RFC 8259 section 7 words it, a byte at a time.
std::string expected(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const std::size_t two = std::string_view("\"\\\n\r\t\b\f").find(c);
        if (two != std::string_view::npos) {
            out += '\\';
            out += "\"\\nrtbf"[two];
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char six[8];
            std::snprintf(six, sizeof six, "\\u%04x", static_cast<unsigned>(c));
            out += six;
        } else {
            out += c;
        }
    }
    return out + '"';
}

TEST(JsonString, EscapesEveryByteWhereverItStands) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        for (const std::size_t size : {1U, 7U, 8U, 16U, 24U, 64U, 65U, 150U}) {
            for (std::size_t at = 0; at < size; ++at) {
                std::string text(size, 'x');
                text[at] = c;
                ASSERT_EQ(as_json(text), expected(text)) << byte << " at " << at << " of " << size;
            }
        }
    }
}

TEST(JsonString, EscapesWhateverMixture) {
    std::mt19937 random(7);
    // Few and many escapes: some of the alphabets are full of them.
    for (const std::string_view alphabet :
         {std::string_view("abcdefgh \""), std::string_view("\"\\"), std::string_view("a\n\t\"\\"),
          std::string_view("ab\b\f\r\n\x01\x1f\x1a\0", 10), std::string_view("\xc3\xa9\x7f/a\"")}) {
        for (std::size_t size = 0; size < 400; ++size) {
            std::string text(size, ' ');
            for (char& c : text) c = alphabet[random() % alphabet.size()];
            ASSERT_EQ(as_json(text), expected(text)) << size;
        }
    }
}

TEST(JsonString, OfNothingIsTwoQuotes) {
    EXPECT_EQ(as_json(""), "\"\"");
}

}  // namespace
}  // namespace kimbap
