#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>

namespace kimbap {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

TEST(Secret, PrintsItsLengthOnly) {
    std::ostringstream out;
    out << Secret("hunter2");
    EXPECT_EQ(out.str(), "[secret of 7 bytes]");
}

TEST(Secret, TakingWipesTheSource) {
    std::string source = "a longer secret than any small-string buffer holds";
    const char* const memory = source.data();
    const std::size_t size = source.size();
    const Secret secret = Secret::take(source);
    EXPECT_EQ(secret.reveal(), "a longer secret than any small-string buffer holds");
    EXPECT_TRUE(source.empty());
    EXPECT_EQ(std::string(memory, size), std::string(size, '\0'));
}

TEST(Secret, MovingEmptiesTheSource) {
    Secret from("x");
    const Secret to = std::move(from);
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(to.reveal(), "x");
}

TEST(Secret, ConstantTimeEqualCompares) {
    EXPECT_TRUE(constant_time_equal("", ""));
    EXPECT_TRUE(constant_time_equal("abc", "abc"));
    EXPECT_FALSE(constant_time_equal("abc", "abd"));
    EXPECT_FALSE(constant_time_equal("abc", "abcd"));
}

}  // namespace
}  // namespace kimbap
