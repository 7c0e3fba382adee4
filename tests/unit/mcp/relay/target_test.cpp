#include "mcp/relay/target.hpp"

#include <gtest/gtest.h>

namespace kimbap::mcp::relay {
namespace {

TEST(RelayTarget, ReadsUrlsAndPaths) {
    struct Case {
        std::string text;
        std::string origin;
        std::string target;
        std::string unix_path;
    };
    const std::vector<Case> cases = {
        {"http://127.0.0.1:8321", "http://127.0.0.1:8321", "/mcp", ""},
        {"http://127.0.0.1:8321/", "http://127.0.0.1:8321", "/mcp", ""},
        {"https://kimbap.example", "https://kimbap.example", "/mcp", ""},
        {"https://kimbap.example/proxied/mcp", "https://kimbap.example", "/proxied/mcp", ""},
        {"unix:/run/kimbap.sock", "http://localhost", "/mcp", "/run/kimbap.sock"},
        {"unix:kimbap.sock", "http://localhost", "/mcp", "kimbap.sock"},
    };
    for (const auto& test : cases) {
        const auto target = parse_target(test.text);
        ASSERT_TRUE(target) << test.text << ": " << target.error().message;
        EXPECT_EQ(target->url.origin(), test.origin);
        EXPECT_EQ(target->url.target, test.target);
        EXPECT_EQ(target->unix_path, test.unix_path);
        EXPECT_EQ(target->name, test.text);
    }
}

TEST(RelayTarget, RefusesWhatIsNoServer) {
    for (const std::string bad : {"", "localhost:8321", "ftp://a", "unix:", "http://u:p@a/"}) {
        const auto target = parse_target(bad);
        ASSERT_FALSE(target) << bad;
        EXPECT_EQ(target.error().code, Errc::invalid_argument);
    }
    EXPECT_FALSE(parse_target("unix:/" + std::string(200, 'x')));
}

}  // namespace
}  // namespace kimbap::mcp::relay
