#include "net/address_guard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kimbap::net {
namespace {

namespace ip = boost::asio::ip;
using Kind = AddressKind;

TEST(AddressGuard, ClassifiesAddresses) {
    const std::vector<std::pair<std::string, Kind>> table{
        {"1.1.1.1", Kind::global},
        {"93.184.216.34", Kind::global},
        {"9.255.255.255", Kind::global},
        {"10.0.0.0", Kind::private_use},
        {"10.255.255.255", Kind::private_use},
        {"11.0.0.0", Kind::global},
        {"100.63.255.255", Kind::global},
        {"100.64.0.0", Kind::private_use},
        {"100.100.100.200", Kind::private_use},  // a cloud's metadata service
        {"100.127.255.255", Kind::private_use},
        {"100.128.0.0", Kind::global},
        {"127.0.0.1", Kind::loopback},
        {"127.255.255.255", Kind::loopback},
        {"0.0.0.0", Kind::unspecified},
        {"0.1.2.3", Kind::unspecified},
        {"169.254.169.254", Kind::link_local},  // cloud metadata services
        {"168.63.129.16", Kind::link_local},    // a cloud's host agent
        {"172.15.255.255", Kind::global},
        {"172.16.0.0", Kind::private_use},
        {"172.31.255.255", Kind::private_use},
        {"172.32.0.0", Kind::global},
        {"192.0.0.192", Kind::reserved},
        {"192.0.2.1", Kind::reserved},
        {"192.88.99.1", Kind::reserved},
        {"192.167.255.255", Kind::global},
        {"192.168.1.1", Kind::private_use},
        {"192.169.0.0", Kind::global},
        {"198.18.0.1", Kind::reserved},
        {"198.51.100.1", Kind::reserved},
        {"203.0.113.1", Kind::reserved},
        {"224.0.0.1", Kind::multicast},
        {"239.255.255.255", Kind::multicast},
        {"240.0.0.1", Kind::reserved},
        {"255.255.255.255", Kind::reserved},
        {"::", Kind::unspecified},
        {"::1", Kind::loopback},
        {"2606:4700:4700::1111", Kind::global},
        {"2a00:1450:4001:82a::200e", Kind::global},
        {"fc00::1", Kind::private_use},
        {"fd00:ec2::254", Kind::private_use},  // a cloud's metadata service
        {"fec0::1", Kind::private_use},
        {"fe80::1", Kind::link_local},
        {"febf::1", Kind::link_local},
        {"ff02::1", Kind::multicast},
        {"100::1", Kind::reserved},
        {"2001:db8::1", Kind::reserved},
        {"2001:2::1", Kind::reserved},
        {"2001:10::1", Kind::reserved},
        {"2001:20::1", Kind::reserved},
        {"3fff::1", Kind::reserved},
        {"5f00::1", Kind::reserved},
        {"4000::1", Kind::reserved},  // outside 2000::/3, nothing is assigned
        {"fe00::1", Kind::reserved},
        {"::ffff:127.0.0.1", Kind::loopback},
        {"::ffff:10.1.2.3", Kind::private_use},
        {"::ffff:169.254.169.254", Kind::link_local},
        {"::ffff:8.8.8.8", Kind::global},
        {"::127.0.0.1", Kind::loopback},
        {"::10.0.0.1", Kind::private_use},
        {"::ffff:0:127.0.0.1", Kind::loopback},  // IPv4-translated, RFC 7915
        {"64:ff9b::127.0.0.1", Kind::loopback},
        {"64:ff9b::10.0.0.1", Kind::private_use},
        {"64:ff9b::8.8.8.8", Kind::global},
        {"64:ff9b:1::1", Kind::private_use},
        {"64:ff9b:1::8.8.8.8", Kind::private_use},
        {"2002:7f00:1::", Kind::loopback},
        {"2002:a00:1::1", Kind::private_use},
        {"2002:a9fe:a9fe::1", Kind::link_local},
        {"2002:808:808::1", Kind::global},
        {"2001:0:4136:e378:8000:63bf:3fff:fdd2", Kind::reserved},   // Teredo: 192.0.2.45
        {"2001:0:4136:e378:8000:63bf:80ff:fffe", Kind::loopback},   // Teredo: 127.0.0.1
        {"2001:0:4136:e378:8000:63bf:5601:5601", Kind::link_local}  // Teredo: 169.254.169.254
    };
    for (const auto& [text, kind] : table) {
        EXPECT_EQ(name(classify(ip::make_address(text))), name(kind)) << text;
    }
}

TEST(AddressGuard, ByDefaultReachesGlobalAddressesAlone) {
    const AddressGuard guard;
    EXPECT_TRUE(guard.allows("example.com", ip::make_address("93.184.216.34"), 443));
    EXPECT_TRUE(guard.allows("example.com", ip::make_address("2606:4700::1"), 443));
    for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1",
                                "fe80::1", "::ffff:10.0.0.1", "0.0.0.0", "224.0.0.1"}) {
        EXPECT_FALSE(guard.allows("example.com", ip::make_address(address), 443)) << address;
    }
}

struct Reach {
    std::string entry;
    std::string host;
    std::string address;
    std::uint16_t port;
    bool allowed;
};

TEST(AddressGuard, AllowsWhatTheOperatorListed) {
    const std::vector<Reach> table{
        {"10.0.0.0/8", "db.corp", "10.1.2.3", 80, true},
        {"10.0.0.0/8", "db.corp", "11.1.2.3", 80, true},  // global anyway
        {"10.0.0.0/8", "db.corp", "192.168.0.1", 80, false},
        {"10.0.0.0/8", "db.corp", "::ffff:10.1.2.3", 80, true},
        {"10.0.0.0/8", "db.corp", "2002:a01:203::1", 80, false},
        {"10.1.2.3/8", "db.corp", "10.200.0.1", 80, true},  // host bits don't matter
        {"10.1.2.3", "db.corp", "10.1.2.3", 80, true},
        {"10.1.2.3", "db.corp", "10.1.2.4", 80, false},
        {"10.1.2.3/32", "db.corp", "10.1.2.3", 80, true},
        {"fd00::/8", "db.corp", "fd12::1", 80, true},
        {"fd00::/8", "db.corp", "fc12::1", 80, false},
        {"fd00::1", "db.corp", "fd00::1", 80, true},
        {"fd00::1", "db.corp", "fd00::2", 80, false},
        {"::1", "db.corp", "::1", 80, true},
        {"0.0.0.0/0", "db.corp", "127.0.0.1", 80, true},
        {"0.0.0.0/0", "db.corp", "::1", 80, false},
        {"db.corp:8080", "db.corp", "10.1.2.3", 8080, true},
        {"DB.corp:8080", "db.corp", "fd00::1", 8080, true},
        {"db.corp:8080", "db.corp", "10.1.2.3", 8081, false},
        {"db.corp:8080", "db.corp.evil.com", "10.1.2.3", 8080, false},
        {"db.corp:8080", "evil.com", "10.1.2.3", 8080, false},
        {"localhost:8080", "localhost", "127.0.0.1", 8080, true},
        {"127.0.0.1:8080", "127.0.0.1", "127.0.0.1", 8080, true},
        {"127.0.0.1:8080", "localhost", "127.0.0.1", 8080, false},
        {"[::1]:8080", "::1", "::1", 8080, true},
        {"[0:0::1]:8080", "::1", "::1", 8080, true},
        {"[::1]:8080", "::1", "::1", 80, false},
    };
    for (const Reach& row : table) {
        const std::vector<std::string> entries{row.entry};
        const auto guard = AddressGuard::create(entries);
        ASSERT_TRUE(guard) << row.entry << ": " << guard.error().message;
        EXPECT_EQ(guard->allows(row.host, ip::make_address(row.address), row.port), row.allowed)
            << row.entry << " " << row.host << " " << row.address << " " << row.port;
    }
}

TEST(AddressGuard, RefusesEntriesThatMeanNothing) {
    for (const std::string entry :
         {"", "internal", "db.corp:", ":80", "db.corp:0", "db.corp:65536", "db.corp:http",
          "10.0.0.0/33", "10.0.0/8", "fd00::/129", "http://db.corp:80", "db.corp:80/path", "[::1]",
          "user@db.corp:80", "db corp:80", "*:80", "a:b:80"}) {
        const std::vector<std::string> entries{"10.0.0.0/8", entry};
        const auto guard = AddressGuard::create(entries);
        ASSERT_FALSE(guard) << entry;
        EXPECT_EQ(guard.error().code, Errc::invalid_config) << entry;
        EXPECT_NE(guard.error().message.find("\"" + entry + "\""), std::string::npos);
    }
}

}  // namespace
}  // namespace kimbap::net
