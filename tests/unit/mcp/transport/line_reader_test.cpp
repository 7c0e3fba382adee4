#include "mcp/transport/line_reader.hpp"

#include <gtest/gtest.h>

namespace kimbap::mcp {
namespace {

std::string read(std::size_t max_line, const std::vector<std::string>& chunks) {
    LineReader reader(max_line);
    std::string out;
    const auto take = [&](const std::vector<LineReader::Line>& lines) {
        for (const auto& line : lines) out += (line.too_long ? "<long>" : line.text) + "|";
    };
    for (const auto& chunk : chunks) take(reader.feed(chunk));
    take(reader.finish());
    return out;
}

TEST(LineReader, CutsLinesHoweverTheyArrive) {
    EXPECT_EQ(read(10, {"a\nb\r\n", "c", "d\n", "\n \n", "e"}), "a|b|cd|e|");
    EXPECT_EQ(read(10, {}), "");
    EXPECT_EQ(read(10, {"\n\r\n\n"}), "");
}

TEST(LineReader, BoundsALineAndRecovers) {
    EXPECT_EQ(read(4, {"abcd\nabcde\nok\n"}), "abcd|<long>|ok|");
    EXPECT_EQ(read(4, {"abc", "def", "ghi\n", "ok\n"}), "<long>|ok|");
    EXPECT_EQ(read(4, {"abcdef"}), "<long>|");
}

}  // namespace
}  // namespace kimbap::mcp
