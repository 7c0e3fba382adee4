#include "base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kimbap {
namespace {

TEST(Text, NearestFindsTyposOnly) {
    constexpr std::array<std::string_view, 4> keys{"description", "method", "path", "headers"};
    EXPECT_EQ(nearest("desciption", keys), "description");
    EXPECT_EQ(nearest("metod", keys), "method");
    EXPECT_EQ(nearest("Path", keys), "path");
    EXPECT_EQ(nearest("zzzzzz", keys), "");
    constexpr std::array<std::string_view, 2> names{"i", "id"};
    EXPECT_EQ(nearest("zz", names), "");
    EXPECT_EQ(nearest("x", names), "");
    EXPECT_EQ(nearest("ids", names), "id");
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
