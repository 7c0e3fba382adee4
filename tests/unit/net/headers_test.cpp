#include "net/headers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kimbap::net {
namespace {

std::vector<std::string> listed(const Headers& headers) {
    std::vector<std::string> out;
    for (const auto [name, value] : headers) {
        out.push_back(std::string(name) + "=" + std::string(value));
    }
    return out;
}

TEST(Headers, NamesCompareWithoutRegardToCase) {
    Headers headers;
    headers.add("Content-Type", "a");
    EXPECT_EQ(headers.find("content-TYPE"), "a");
    EXPECT_EQ(headers["CONTENT-TYPE"], "a");
    EXPECT_TRUE(headers.contains("content-type"));
    EXPECT_FALSE(headers.find("Content-Typ"));
    EXPECT_EQ(headers["Content-Types"], "");
}

TEST(Headers, AddKeepsThoseOfTheSameNameAndSetReplacesThem) {
    Headers headers;
    headers.add("A", "1");
    headers.add("B", "2");
    headers.add("a", "3");
    EXPECT_THAT(listed(headers), testing::ElementsAre("A=1", "B=2", "a=3"));
    EXPECT_EQ(headers["A"], "1");
    headers.set("A", "4");
    EXPECT_THAT(listed(headers), testing::ElementsAre("B=2", "A=4"));
    headers.set("C", "");
    EXPECT_EQ(headers.find("C"), "");
    EXPECT_EQ(headers.size(), 3U);
}

TEST(Headers, HoldsManyAndMoves) {
    Headers headers;
    for (int i = 0; i < 200; ++i) headers.add("X-" + std::to_string(i), std::string(100, 'v'));
    const Headers moved = std::move(headers);
    EXPECT_EQ(moved.size(), 200U);
    EXPECT_EQ(moved["x-199"], std::string(100, 'v'));
}

}  // namespace
}  // namespace kimbap::net
