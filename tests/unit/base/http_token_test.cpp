#include "base/http_token.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace kimbap {
namespace {

TEST(HttpToken, HeaderNamesAreTokens) {
    for (const char* name : {"Accept", "X-Api-Key", "x_y", "a!#$%&'*+.^`|~"}) {
        EXPECT_TRUE(is_token(name)) << name;
    }
    for (const char* name : {"", "a b", "a:", "a\r\n", "(x)", "ä", "a/b"}) {
        EXPECT_FALSE(is_token(name)) << name;
    }
}

}  // namespace
}  // namespace kimbap
