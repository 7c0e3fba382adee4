#include "scrub/spelling.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kimbap::scrub {
namespace {

TEST(Spelling, ComparesCharacterByCharacter) {
    using Fit = Spelled::Fit;
    const std::string emoji = "\xF0\x9F\x98\x80";
    const struct {
        std::string secret;
        std::string text;
        Fit fit;
        std::size_t end;
    } rows[]{
        {"abc", "abcd", Fit::whole, 3},
        {"abc", "ab", Fit::begun, 0},
        {"abc", "abd", Fit::none, 0},
        {"abc", "ABC", Fit::none, 0},
        {"a%c", "a%c", Fit::whole, 3},
        {"a%c", "a%25c", Fit::whole, 5},
        {"%41", "%41", Fit::whole, 3},
        {"%41", "%2541", Fit::whole, 5},
        {"a", "%4", Fit::begun, 0},
        {"a", "%61", Fit::whole, 3},
        {"a", "%62", Fit::none, 0},
        {"a", "%6g", Fit::none, 0},
        {"a b", "a+b", Fit::whole, 3},
        {"a+b", "a b", Fit::none, 0},
        {"a\"b", "a\\\"b", Fit::whole, 4},
        {"a\"b", "a\\\\\\\"b", Fit::whole, 6},
        {"a\nb", "a\\nb", Fit::whole, 4},
        {"anb", "a\\nb", Fit::none, 0},
        {"a\\b", "a\\b", Fit::whole, 3},
        {"a\\b", "a\\\\b", Fit::whole, 4},
        {"a\\b", "a\\u005cb", Fit::whole, 8},
        {"a\\", "a\\\\", Fit::whole, 3},
        {"a\\", "a\\\\\\\"", Fit::whole, 3},
        {"\\", "\\\\\\\\x", Fit::whole, 2},
        {"a\\\\b", "a\\b", Fit::none, 0},
        {"a/b", "a\\/b", Fit::whole, 4},
        {"a", "\\u0061", Fit::whole, 6},
        {"a", "\\u006", Fit::begun, 0},
        {"a", "\\u0062", Fit::none, 0},
        {"a", "\\x61", Fit::whole, 4},
        {"u", "\\u0061", Fit::none, 0},
        {emoji, "\\ud83d\\ude00", Fit::whole, 12},
        {emoji, "\\uD83D\\uDE00", Fit::whole, 12},
        {emoji, "\\ud83d\\ude0", Fit::begun, 0},
        {emoji, "\\ud83d", Fit::begun, 0},
        {emoji, "\\ud83dx", Fit::none, 0},
        {emoji, "%F0%9f%98%80", Fit::whole, 12},
    };
    for (const auto& row : rows) {
        const Spelled one = spelled(row.text, 0, row.secret);
        EXPECT_EQ(static_cast<int>(one.fit), static_cast<int>(row.fit)) << row.text;
        EXPECT_EQ(one.end, row.end) << row.text;
        const Spelled later = spelled("xyz" + row.text, 3, row.secret);
        EXPECT_EQ(static_cast<int>(later.fit), static_cast<int>(row.fit)) << row.text;
    }
}

}  // namespace
}  // namespace kimbap::scrub
