#include "net/url.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kimbap::net {
namespace {

struct Good {
    std::string text;
    bool tls;
    std::string host;
    std::uint16_t port;
    std::string target;
    bool address;
    std::string origin;
};

TEST(Url, TakesApart) {
    const std::vector<Good> table{
        {"https://api.example.com/v2", true, "api.example.com", 443, "/v2", false,
         "https://api.example.com"},
        {"http://example.com", false, "example.com", 80, "/", false, "http://example.com"},
        {"HTTPS://API.Example.COM:8443/A", true, "api.example.com", 8443, "/A", false,
         "https://api.example.com:8443"},
        {"https://example.com:443/", true, "example.com", 443, "/", false, "https://example.com"},
        {"http://example.com:443/", false, "example.com", 443, "/", false,
         "http://example.com:443"},
        {"http://example.com?q=1", false, "example.com", 80, "/?q=1", false, "http://example.com"},
        {"http://example.com/a%2Fb?x=%20&y=a:b@c/d?e", false, "example.com", 80,
         "/a%2Fb?x=%20&y=a:b@c/d?e", false, "http://example.com"},
        {"http://127.0.0.1:9090/x", false, "127.0.0.1", 9090, "/x", true, "http://127.0.0.1:9090"},
        {"http://[::1]:9090/x", false, "::1", 9090, "/x", true, "http://[::1]:9090"},
        {"https://[2001:DB8::1]/", true, "2001:db8::1", 443, "/", true, "https://[2001:db8::1]"},
        {"http://[0:0:0:0:0:0:0:1]/", false, "::1", 80, "/", true, "http://[::1]"},
        {"http://localhost:8080/", false, "localhost", 8080, "/", true, "http://localhost:8080"},
        {"http://localhost.example.com/", false, "localhost.example.com", 80, "/", false,
         "http://localhost.example.com"},
        {"http://my_host-1.internal/", false, "my_host-1.internal", 80, "/", false,
         "http://my_host-1.internal"},
        {"http://1.2.3.4.example.com/", false, "1.2.3.4.example.com", 80, "/", false,
         "http://1.2.3.4.example.com"},
        {"http://example.com./", false, "example.com.", 80, "/", false, "http://example.com."},
        {"http://example.com/...", false, "example.com", 80, "/...", false, "http://example.com"},
        {"http://example.com/a?p=/../b", false, "example.com", 80, "/a?p=/../b", false,
         "http://example.com"},
    };
    for (const Good& row : table) {
        const auto url = parse_url(row.text);
        ASSERT_TRUE(url) << row.text << ": " << url.error().message;
        EXPECT_EQ(url->tls, row.tls) << row.text;
        EXPECT_EQ(url->host, row.host) << row.text;
        EXPECT_EQ(url->port, row.port) << row.text;
        EXPECT_EQ(url->target, row.target) << row.text;
        EXPECT_EQ(url->host_is_address, row.address) << row.text;
        EXPECT_EQ(url->origin(), row.origin) << row.text;
    }
}

struct Bad {
    std::string text;
    std::string says;
};

TEST(Url, RefusesWhatCouldMislead) {
    const std::vector<Bad> table{
        {"", "https://"},
        {"example.com/x", "https://"},
        {"ftp://example.com/", "https://"},
        {"file:///etc/passwd", "https://"},
        {"http:/example.com/", "https://"},
        {"http:example.com", "https://"},
        {"javascript:alert(1)", "https://"},
        {"http:///path", "host"},
        {"http://:80/", "host"},
        {"http://exa mple.com/", "white space"},
        {"http://example.com/a b", "white space"},
        {"http://example.com/a\r\nHost: evil", "white space"},
        {"http://example.com/a\tb", "white space"},
        {std::string("http://example.com/\0x", 21), "white space"},
        {"http://example.com\\@evil.com/", "backslash"},
        {"http://ex\xC3\xA4mple.com/", "ASCII"},
        {"http://example.com/#part", "fragment"},
        {"http://example.com#@evil.com/", "fragment"},
        {"http://user:hunter2@example.com/", "user information"},
        {"http://user@example.com/", "user information"},
        {"http://example.com:80@evil.com/", "user information"},
        {"http://example.com:/", "port"},
        {"http://example.com:0/", "port"},
        {"http://example.com:65536/", "port"},
        {"http://example.com:80x/", "port"},
        {"http://example.com:-1/", "port"},
        {"http://example.com:+80/", "port"},
        {"http://example.com:0x50/", "port"},
        {"http://example.com:8 0/", "white space"},
        {"http://[::1/", "closing ]"},
        {"http://[::1]80/", "port"},
        {"http://[::1]x80/", "port"},
        {"http://[::1].example.com/", "port"},
        {"http://[]/", "IPv6"},
        {"http://[fe80::1%25eth0]/", "IPv6"},
        {"http://[fe80::1%eth0]/", "IPv6"},
        {"http://[127.0.0.1]/", "IPv6"},
        {"http://::1/", "port"},
        {"http://exam%70le.com/", "not allowed"},
        {"http://example..com/", "empty label"},
        {"http://.example.com/", "empty label"},
        {"http://./", "empty label"},
        {"http://" + std::string(254, 'a') + "/", "not allowed"},
        {"http://0x7f.1/", "odd spelling"},
        {"http://0x7f000001/", "odd spelling"},
        {"http://2130706433/", "odd spelling"},
        {"http://0177.0.0.1/", "odd spelling"},
        {"http://127.1/", "odd spelling"},
        {"http://127.0.0.1./", "odd spelling"},
        {"http://127.0.0.01/", "odd spelling"},
        {"http://256.0.0.1/", "odd spelling"},
        {"http://example.com/%", "%25"},
        {"http://example.com/%2", "%25"},
        {"http://example.com/%zz", "%25"},
        {"http://example.com/a?b=50%", "%25"},
        {"http://example.com/a/../b", "dot segment"},
        {"http://example.com/..", "dot segment"},
        {"http://example.com/./a", "dot segment"},
        {"http://example.com/a/.?x", "dot segment"},
        {"http://example.com/a/%2e%2E/b", "dot segment"},
        {"http://example.com/a/.%2e/b", "dot segment"},
    };
    for (const Bad& row : table) {
        const auto url = parse_url(row.text);
        ASSERT_FALSE(url) << row.text;
        EXPECT_EQ(url.error().code, Errc::invalid_argument) << row.text;
        EXPECT_NE(url.error().message.find(row.says), std::string::npos)
            << row.text << ": " << url.error().message;
    }
}

TEST(Url, ErrorsShowNoCredential) {
    for (const std::string text :
         {"http://user:hunter2@example.com/", "http://example.com/?token=hunter2#x",
          "http://exa mple.com/?token=hunter2", "ftp://user:hunter2@example.com/",
          "http://example.com/?token=hunter2%"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().message.find("hunter2"), std::string::npos) << url.error().message;
    }
}

TEST(Url, OriginsCompareSchemeHostAndPort) {
    const auto same = [](const char* a, const char* b) {
        return same_origin(*parse_url(a), *parse_url(b));
    };
    EXPECT_TRUE(same("https://a.com/x", "https://A.com:443/y?z"));
    EXPECT_TRUE(same("http://[::1]/", "http://[0::1]/"));
    EXPECT_FALSE(same("https://a.com/", "http://a.com:443/"));
    EXPECT_FALSE(same("https://a.com/", "https://a.com:444/"));
    EXPECT_FALSE(same("https://a.com/", "https://b.a.com/"));
}

}  // namespace
}  // namespace kimbap::net
