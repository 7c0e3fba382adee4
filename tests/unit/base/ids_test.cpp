#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kimbap {
namespace {

TEST(Ids, AreDistinctPrefixedAndOfOneLength) {
    std::set<std::string> seen;
    for (int i = 0; i < 2000; ++i) {
        const std::string id = new_id("call");
        EXPECT_TRUE(id.starts_with("call_"));
        EXPECT_EQ(id.size(), 31U);
        EXPECT_TRUE(seen.insert(id).second);
    }
}

TEST(Ids, SortByCreation) {
    std::string early = new_id("x");
    for (int i = 0; i < 5000; ++i) {
        std::string late = new_id("x");
        ASSERT_LT(early, late);
        early = std::move(late);
    }
}

}  // namespace
}  // namespace kimbap
