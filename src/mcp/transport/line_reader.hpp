#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap::mcp {

/// Cuts a byte stream into lines, of bounded length. I/O-free.
class LineReader {
public:
    explicit LineReader(std::size_t max_line) : max_line_(max_line) {}

    struct Line {
        std::string text;       ///< Without its end ("\n" or "\r\n").
        bool too_long = false;  ///< The text was thrown away.
    };
    /// Takes bytes and returns the lines that they complete; empty ones are left out.
    [[nodiscard]] std::vector<Line> feed(std::string_view bytes);
    /// What the input ended with, without a newline.
    [[nodiscard]] std::vector<Line> finish();

private:
    void append(std::string_view bytes);
    void complete(std::vector<Line>& lines);

    std::size_t max_line_;
    std::string partial_;
    bool skipping_ = false;
};

}  // namespace kimbap::mcp
