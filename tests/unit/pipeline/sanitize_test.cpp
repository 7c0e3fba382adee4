#include "pipeline/sanitize.hpp"

#include <gtest/gtest.h>

namespace kimbap::pipeline {
namespace {

namespace json = boost::json;

TEST(SanitizeTest, SaysWhetherAnythingIsMissing) {
    const json::object plain{{"a", 1}, {"b", {{"c", "text"}, {"d", json::array{nullptr}}}}};
    EXPECT_EQ(sanitize(plain, {}), plain);
    EXPECT_TRUE(is_whole(sanitize(plain, {})));
    EXPECT_FALSE(is_whole(sanitize(plain, {"a"})));
    const json::object deep{{"b", json::array{json::object{{"c", std::string(3000, 'x')}}}}};
    EXPECT_FALSE(is_whole(sanitize(deep, {})));
    json::object many;
    for (int i = 0; i < 20; ++i) many[std::to_string(i)] = std::string(1000, 'x');
    EXPECT_FALSE(is_whole(sanitize(many, {})));
}

}  // namespace
}  // namespace kimbap::pipeline
