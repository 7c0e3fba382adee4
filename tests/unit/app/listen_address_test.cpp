#include "app/listen_address.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace kimbap::app {
namespace {

TEST(ListenAddress, IsAnAddressWithAPortOrAPath) {
    struct Row {
        std::string_view text;
        std::string_view address;
        unsigned port;
        bool local;
        bool open_ended;
    };
    for (const Row& row :
         {Row{"127.0.0.1:8321", "127.0.0.1", 8321, true, false},
          Row{"127.9.9.9:1", "127.9.9.9", 1, true, false},
          Row{"localhost:80", "127.0.0.1", 80, true, false},
          Row{"[::1]:65535", "::1", 65535, true, false},
          Row{"0.0.0.0:80", "0.0.0.0", 80, false, true}, Row{"[::]:80", "::", 80, false, true},
          Row{"127.0.0.1:0", "127.0.0.1", 0, true, true},
          Row{"192.0.2.1:80", "192.0.2.1", 80, false, false},
          Row{"[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, false, false}}) {
        const auto read = parse_listen_address(row.text);
        ASSERT_TRUE(read) << row.text;
        EXPECT_EQ(read->endpoint.address().to_string(), row.address);
        EXPECT_EQ(read->endpoint.port(), row.port) << row.text;
        EXPECT_EQ(read->is_local(), row.local) << row.text;
        EXPECT_EQ(read->is_open_ended(), row.open_ended) << row.text;
    }
    const auto path = parse_listen_address("unix:/run/kimbap.sock");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->unix_path, "/run/kimbap.sock");
    EXPECT_TRUE(path->is_local());
    EXPECT_FALSE(path->is_open_ended());
}

TEST(ListenAddress, IsNothingElse) {
    for (const std::string_view text :
         {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:80x",
          "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1.example.com:80", "example.com:80",
          "127.1:80", "::1:80", "[::1]", "[::1:80", "unix:", "0x7f.1:80"}) {
        const auto read = parse_listen_address(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Errc::invalid_config);
    }
}

}  // namespace
}  // namespace kimbap::app
