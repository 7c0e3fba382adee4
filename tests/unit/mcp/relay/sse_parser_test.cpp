#include "mcp/relay/sse_parser.hpp"

#include <gtest/gtest.h>

namespace kimbap::mcp::relay {
namespace {

struct Parsed {
    std::string events;  ///< Each ended by '|'.
    std::string id;
    bool whole = true;
};

Parsed parse(const std::string& bytes, std::size_t piece, std::size_t limit = 1000) {
    SseParser parser(limit);
    Parsed out;
    const auto sink = [&](std::string data) { out.events += data + "|"; };
    for (std::size_t at = 0; at < bytes.size() && out.whole; at += piece) {
        out.whole = parser.feed(std::string_view(bytes).substr(at, piece), sink);
    }
    out.id = parser.last_event_id();
    return out;
}

TEST(SseParser, TakesEventsApartHoweverTheyArrive) {
    struct Case {
        std::string bytes;
        std::string events;
        std::string id;
    };
    const std::vector<Case> cases = {
        {"data: a\n\n", "a|", ""},
        {"data:a\r\n\r\ndata: b\r\rdata:  c\n\n", "a|b| c|", ""},
        {"data: a\ndata: b\n\n", "a\nb|", ""},
        {": keepalive\n\n: another\n\n", "", ""},
        {"id: 1-0\nretry: 1000\ndata:\n\nid: 1-1\nevent: message\ndata: x\n\n", "x|", "1-1"},
        {"id: 7\n\ndata: x\n\n", "x|", "7"},
        // An event whose end never came is not there, nor is its identifier.
        {"id: 1\ndata: x\n\nid: 2\ndata: y\n", "x|", "1"},
        {"data\n\nother: 1\ndata: {\"a\":\"b: c\"}\n\n", "{\"a\":\"b: c\"}|", ""},
    };
    for (const auto& test : cases) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, test.bytes.size()}) {
            const auto parsed = parse(test.bytes, piece);
            EXPECT_EQ(parsed.events, test.events) << test.bytes << " by " << piece;
            EXPECT_EQ(parsed.id, test.id) << test.bytes << " by " << piece;
        }
    }
}

TEST(SseParser, KnowsWhenToComeBack) {
    SseParser parser(100);
    const auto nobody = [](std::string) {};
    EXPECT_TRUE(parser.feed("retry: soon\n\n", nobody));
    EXPECT_FALSE(parser.retry());
    EXPECT_TRUE(parser.feed("retry: 250\n\n", nobody));
    EXPECT_EQ(parser.retry(), std::chrono::milliseconds(250));
}

TEST(SseParser, BoundsAnEvent) {
    EXPECT_TRUE(parse("data: 0123456789\n\ndata: 0123456789\n\n", 5, 20).whole);
    EXPECT_FALSE(parse("data: 0123456789\ndata: 0123456789\n\n", 5, 20).whole);
    EXPECT_FALSE(parse("data: " + std::string(100, 'x'), 7, 20).whole);
}

}  // namespace
}  // namespace kimbap::mcp::relay
