#include "base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kimbap {
namespace {

TEST(Text, SuggestsForTyposOnly) {
    constexpr std::array<std::string_view, 4> keys{"description", "method", "path", "headers"};
    EXPECT_EQ(suggestion("desciption", keys), " (did you mean \"description\"?)");
    EXPECT_EQ(suggestion("metod", keys), " (did you mean \"method\"?)");
    EXPECT_EQ(suggestion("Path", keys, "or not"), " (did you mean \"path\"?)");
    EXPECT_EQ(suggestion("zzzzzz", keys), "");
    EXPECT_EQ(suggestion("zzzzzz", keys, "one of four"), " (one of four)");
    constexpr std::array<std::string_view, 2> names{"i", "id"};
    EXPECT_EQ(suggestion("zz", names), "");
    EXPECT_EQ(suggestion("x", names), "");
    EXPECT_EQ(suggestion("ids", names), " (did you mean \"id\"?)");
}

TEST(Text, SplitKeepsEmptyParts) {
    EXPECT_EQ(split("a,,b,", ',').size(), 4U);
    EXPECT_EQ(split("", ',').size(), 1U);
}

TEST(Text, TrimAndCase) {
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim("  "), "");
    EXPECT_EQ(to_lower("ÀBC"), "Àbc");
    EXPECT_TRUE(iequals("Content-Type", "content-tYPE"));
    EXPECT_FALSE(iequals("a", "ab"));
}

}  // namespace
}  // namespace kimbap
