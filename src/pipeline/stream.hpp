#pragma once

#include <boost/json/array.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/manifest.hpp"
#include "pipeline/call.hpp"
#include "scrub/scrubber.hpp"

namespace kimbap::pipeline {

/// Takes a streaming answer apart while it arrives: Server-Sent Events (WHATWG HTML, 9.2) or JSON
/// lines. Each event's data goes to the observer at once, scrubbed, and is kept for the result. A
/// byte order mark at the beginning is passed over.
class StreamReader {
public:
    /// All outlive the reader; `observer` may be null.
    StreamReader(manifests::StreamType type, const scrub::Scrubber& scrubber, Observer* observer);

    void feed(std::string_view piece);
    /// At the end of the stream.
    void finish();
    /// Whether the observer was told of an event.
    [[nodiscard]] bool told() const { return told_ > 0; }
    /// Everything that came: an array of the events' values where each was JSON, else their text.
    [[nodiscard]] bool all_json() const { return !fault_; }
    /// Which event isn't JSON and why; "" where each is.
    [[nodiscard]] std::string fault() const { return fault_.value_or(""); }
    [[nodiscard]] boost::json::array take_values() { return std::move(values_); }
    [[nodiscard]] std::string take_text() { return std::move(text_); }
    /// What came instead of events; empty once there was one. Services answer a request for a
    /// stream with one JSON document, too: an error, most often.
    [[nodiscard]] std::string take_other() { return std::move(other_); }

private:
    void take(std::string_view clean);
    /// Once it is settled whether a byte order mark leads what came: drops it. False until then.
    bool begin();
    void lines();
    void line(std::string_view text);
    void event(std::string_view data);

    manifests::StreamType type_;
    scrub::StreamScrubber scrub_;
    Observer* observer_;
    std::string partial_;
    std::string data_;
    bool has_data_ = false;
    bool begun_ = false;
    bool after_cr_ = false;  ///< The last line ended with a CR, of which a LF is the other half.
    std::optional<std::string> fault_;
    std::size_t count_ = 0;  ///< Events so far.
    double told_ = 0;        ///< Those that the observer was told.
    boost::json::array values_;
    std::string text_;
    std::string other_;  ///< All that came, up to the first event.
};

}  // namespace kimbap::pipeline
