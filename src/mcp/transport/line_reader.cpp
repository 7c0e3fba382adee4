#include "mcp/transport/line_reader.hpp"

#include <utility>

namespace kimbap::mcp {

void LineReader::append(std::string_view bytes) {
    if (skipping_) return;
    if (partial_.size() + bytes.size() > max_line_) {
        skipping_ = true;
        partial_.clear();
        partial_.shrink_to_fit();
        return;
    }
    partial_ += bytes;
}

void LineReader::complete(std::vector<Line>& lines) {
    if (skipping_) {
        lines.push_back({{}, true});
    } else {
        if (!partial_.empty() && partial_.back() == '\r') partial_.pop_back();
        if (partial_.find_first_not_of(" \t") != std::string::npos) {
            lines.push_back({std::move(partial_), false});
        }
    }
    partial_.clear();
    skipping_ = false;
}

std::vector<LineReader::Line> LineReader::feed(std::string_view bytes) {
    std::vector<Line> lines;
    for (;;) {
        const auto end = bytes.find('\n');
        append(bytes.substr(0, end));
        if (end == std::string_view::npos) return lines;
        complete(lines);
        bytes.remove_prefix(end + 1);
    }
}

std::vector<LineReader::Line> LineReader::finish() {
    std::vector<Line> lines;
    complete(lines);
    return lines;
}

}  // namespace kimbap::mcp
