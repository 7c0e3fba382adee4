#include "manifests/base_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimbap::manifests {
namespace {

using ::testing::HasSubstr;

bool only_lab(std::string_view host, std::uint16_t port) {
    return host == "lab.internal" && port == 8080;
}

TEST(BaseUrlTest, TakesHttpsAndHttpToLoopbackAndWhatIsAllowed) {
    for (const char* url :
         {"https://api.example.com", "https://api.example.com/v2",
          "https://api.example.com:8443/v2", "https://10.0.0.1/x", "https://[2001:db8::1]:8443",
          "https://a_b.example.com", "https://api.example.com/%7Eme/a;b=c", "http://127.0.0.1",
          "http://127.0.0.1:9090", "http://127.255.0.9:80/x", "http://localhost:1",
          "http://LOCALHOST", "http://[::1]", "http://[::1]:8080/x", "http://lab.internal:8080"}) {
        EXPECT_EQ(base_url_fault(url, only_lab), "") << url;
    }
}

TEST(BaseUrlTest, RefusesTheRestAndSaysWhy) {
    const struct {
        std::string url;
        const char* fault;
    } rows[] = {
        {"api.example.com", "is not an https URL"},
        {"ftp://api.example.com", "is not an https URL"},
        {"HTTPS://api.example.com", "is not an https URL"},
        {"https://api.example.com/v2?x=1", "has a query or fragment"},
        {"https://api.example.com/v2#top", "has a query or fragment"},
        {"https://user:pw@api.example.com", "has user information"},
        {"https://", "\"\" is not a host name"},
        {"https:///v2", "\"\" is not a host name"},
        {"https://:443", "\"\" is not a host name"},
        {"https://api example.com", "is not a host name"},
        {"https://api.example.com\r\nX: y", "is not a host name"},
        {"https://good.example\\.evil.example", "is not a host name"},
        {"https://api..example.com", "is not a host name"},
        {"https://[::1", "is not a host name"},
        {"https://[::1]x", "is not a host name"},
        {"https://{tenant}.example.com", "is not a host name"},
        {"https://api.example.com:", "\"\" is not a port"},
        {"https://api.example.com:0", "\"0\" is not a port"},
        {"https://api.example.com:65536", "\"65536\" is not a port"},
        {"https://api.example.com:80x", "\"80x\" is not a port"},
        {"https://api.example.com/a b", "has a path with characters that no URL has"},
        {"https://api.example.com/%zz", "has a path with characters that no URL has"},
        {"http://api.example.com", "plain http would show the credential"},
        {"http://127.evil.example", "plain http would show the credential"},
        {"http://127.0.0.1.evil.example", "plain http would show the credential"},
        {"http://127.0.0.1.5", "plain http would show the credential"},
        {"http://127.0.0.256", "plain http would show the credential"},
        {"http://127.0.0.01", "plain http would show the credential"},
        {"http://localhost.evil.example", "plain http would show the credential"},
        {"http://10.0.0.1", "plain http would show the credential"},
        {"http://lab.internal", "plain http would show the credential"},
        {"http://lab.internal:8081", "plain http would show the credential"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(base_url_fault(row.url, only_lab), HasSubstr(row.fault)) << row.url;
    }
}

TEST(BaseUrlTest, AsksAboutTheHostAndPortThatWouldBeReached) {
    std::string asked;
    const auto record = [&](std::string_view host, std::uint16_t port) {
        asked = std::string(host) + " " + std::to_string(port);
        return true;
    };
    EXPECT_EQ(base_url_fault("http://[fd00::7]:8080/x", record), "");
    EXPECT_EQ(asked, "[fd00::7] 8080");
    EXPECT_EQ(base_url_fault("http://10.1.2.3", record), "");
    EXPECT_EQ(asked, "10.1.2.3 80");
}

}  // namespace
}  // namespace kimbap::manifests
