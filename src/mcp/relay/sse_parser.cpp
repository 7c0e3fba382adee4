#include "mcp/relay/sse_parser.hpp"

#include <charconv>
#include <utility>

namespace kimbap::mcp::relay {

bool SseParser::feed(std::string_view bytes, const Sink& sink) {
    while (!bytes.empty() && !failed_) {
        if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
            bytes.remove_prefix(1);
            continue;
        }
        const auto end = bytes.find_first_of("\r\n");
        line_ += bytes.substr(0, end);
        failed_ = line_.size() + data_.size() > max_event_;
        if (end == std::string_view::npos) break;
        after_cr_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        take_line(sink);
    }
    return !failed_;
}

void SseParser::take_line(const Sink& sink) {
    const std::string line = std::exchange(line_, {});
    if (line.empty()) {
        last_event_id_ = id_;
        if (std::exchange(has_data_, false) && !data_.empty()) sink(std::exchange(data_, {}));
        data_.clear();
        return;
    }
    const auto colon = line.find(':');
    const auto field = std::string_view(line).substr(0, colon);
    auto value =
        colon == std::string::npos ? std::string_view() : std::string_view(line).substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "data") {
        if (std::exchange(has_data_, true)) data_ += '\n';
        data_ += value;
    } else if (field == "id") {
        if (value.find('\0') == std::string_view::npos) id_ = std::string(value);
    } else if (field == "retry") {
        unsigned millis = 0;
        const char* const last = value.data() + value.size();
        const auto [end, error] = std::from_chars(value.data(), last, millis);
        if (error == std::errc() && end == last) retry_ = std::chrono::milliseconds(millis);
    }
}

}  // namespace kimbap::mcp::relay
