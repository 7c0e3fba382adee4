#include "mcp/transport/http_guard.hpp"

#include <gtest/gtest.h>

namespace kimbap::mcp {
namespace {

using Origin = std::optional<std::string_view>;

TEST(HttpGuard, ServesLoopbackNamesUnlessToldOtherwise) {
    const HttpGuard guard({}, {});
    for (const auto* host : {"localhost", "LOCALHOST:8321", "127.0.0.1:1", "[::1]:9", "[::1]"}) {
        EXPECT_FALSE(guard.refusal(host, std::nullopt)) << host;
    }
    for (const auto* host : {"", "evil.example.com", "localhost.evil.com", "127.0.0.1.evil.com:80",
                             "[::2]:1", "[::1", "10.0.0.1"}) {
        EXPECT_TRUE(guard.refusal(host, std::nullopt)) << host;
    }
}

TEST(HttpGuard, ServesTheHostsNamed) {
    const HttpGuard guard({"api.example.com", "box:8321"}, {});
    EXPECT_FALSE(guard.refusal("api.example.com:443", std::nullopt));
    EXPECT_FALSE(guard.refusal("box:8321", std::nullopt));
    EXPECT_TRUE(guard.refusal("box:1", std::nullopt));
    EXPECT_TRUE(guard.refusal("localhost", std::nullopt));
}

TEST(HttpGuard, ServesItsOwnOriginAndThoseNamed) {
    const HttpGuard guard({}, {"https://app.example.com"});
    EXPECT_FALSE(guard.refusal("localhost:1", Origin("http://localhost:1")));
    EXPECT_FALSE(guard.refusal("localhost:1", Origin("https://app.example.com")));
    for (const auto* origin : {"http://localhost:2", "http://evil.com", "null", "",
                               "https://app.example.com.evil.com", "http://localhost:1.evil.com"}) {
        EXPECT_TRUE(guard.refusal("localhost:1", Origin(origin))) << origin;
    }
    EXPECT_FALSE(HttpGuard({}, {"*"}).refusal("localhost", Origin("http://evil.com")));
    EXPECT_TRUE(HttpGuard({}, {"*"}).refusal("evil.com", Origin("http://evil.com")));
}

}  // namespace
}  // namespace kimbap::mcp
