#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kimbap::mcp::relay {

/// Takes server-sent events apart (HTML Living Standard, section 9.2.6). I/O-free.
class SseParser {
public:
    /// Gets the data of one event.
    using Sink = std::function<void(std::string data)>;

    explicit SseParser(std::size_t max_event) : max_event_(max_event) {}

    /// Takes bytes, and gives the data of every event that they complete and that has any. False,
    /// from then on, where an event is larger than the limit.
    [[nodiscard]] bool feed(std::string_view bytes, const Sink& sink);

    /// Of the last event that had one: where to resume (Last-Event-ID).
    [[nodiscard]] const std::string& last_event_id() const noexcept { return last_event_id_; }
    /// When to come back after the stream broke, where the server said so.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

private:
    void take_line(const Sink& sink);

    std::size_t max_event_;
    std::string line_;
    std::string data_;
    bool has_data_ = false;
    bool after_cr_ = false;
    bool failed_ = false;
    std::string id_;
    std::string last_event_id_;
    std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace kimbap::mcp::relay
