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

TEST(HttpGuard, NamesOfTheLoopbackAreAlikeOnOnePort) {
    const HttpGuard guard({"localhost", "127.0.0.1", "[::1]", "api.example.com"},
                          {"https://api.example.com"});
    const struct {
        const char* host;
        const char* origin;
        bool served;
    } rows[]{
        {"127.0.0.1:8321", "http://localhost:8321", true},
        {"localhost:8321", "https://127.0.0.1:8321", true},
        {"[::1]:8321", "http://localhost:8321", true},
        {"localhost:8321", "http://[::1]:8321", true},
        {"127.0.0.1", "http://localhost", true},
        {"127.0.0.1:80", "http://localhost", true},
        {"127.0.0.1:443", "https://localhost", true},
        {"127.0.0.1:8321", "http://localhost:3000", false},
        {"127.0.0.1:8321", "http://localhost", false},
        {"127.0.0.1:80", "https://localhost", false},
        {"127.0.0.1:8321", "http://localhost.evil.com:8321", false},
        {"127.0.0.1:8321", "http://127.0.0.2:8321", false},
        {"127.0.0.1:8321", "file://localhost:8321", false},
        {"127.0.0.1:8321", "localhost:8321", false},
        {"api.example.com:8321", "http://localhost:8321", false},
        {"api.example.com", "http://localhost", false},
        {"127.0.0.1:8321", "http://api.example.com:8321", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(!guard.refusal(row.host, Origin(row.origin)), row.served)
            << row.host << " " << row.origin;
    }
}

TEST(HttpGuard, TakesNoHostThatIsNone) {
    const HttpGuard local({}, {});
    const HttpGuard listed({"localhost", "[::1]", "api.example.com"}, {});
    for (const char* host :
         {"[::1]]:1", "[::1]>$", "[::1]x", "[::1", "localhost:x", "localhost:80x", "localhost:-1",
          "localhost:80:80", "api.example.com:x"}) {
        EXPECT_TRUE(local.refusal(host, {})) << host;
        EXPECT_TRUE(listed.refusal(host, {})) << host;
    }
    EXPECT_TRUE(local.refusal("[::1]]:1", Origin("http://[::1]>$")));
    EXPECT_TRUE(local.refusal("[::1]", Origin("http://[::1]>$")));
    EXPECT_FALSE(local.refusal("[::1]:80", Origin("http://[::1]")));
    EXPECT_FALSE(listed.refusal("api.example.com:8321", {}));
    const HttpGuard at_port({"api.example.com:8321"}, {});
    EXPECT_FALSE(at_port.refusal("api.example.com:8321", {}));
    EXPECT_TRUE(at_port.refusal("api.example.com:80", {}));
    EXPECT_TRUE(at_port.refusal("api.example.com", {}));
}

TEST(HttpGuard, SaysWhatItsOwnerAdvises) {
    const HttpGuard guard({}, {}, "set hosts");
    EXPECT_EQ(guard.refusal("evil.com", {}), "Host 'evil.com' is not served here (set hosts)");
    EXPECT_EQ(guard.refusal("localhost", Origin("http://evil.com")),
              "Origin 'http://evil.com' is not allowed (set hosts)");
    EXPECT_EQ(HttpGuard({}, {}).refusal("evil.com", {}), "Host 'evil.com' is not served here");
}

}  // namespace
}  // namespace kimbap::mcp
