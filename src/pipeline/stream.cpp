#include "pipeline/stream.hpp"

#include "base/byte_order_mark.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"

namespace kimbap::pipeline {

namespace {

/// How much of one event a progress message carries; the result has all of it.
constexpr std::size_t kMaxMessage = 8U << 10;
/// What OpenAI-style streams end with: no data of theirs.
constexpr std::string_view kDone = "[DONE]";

}  // namespace

StreamReader::StreamReader(manifests::StreamType type, const scrub::Scrubber& scrubber,
                           Observer* observer)
    : type_(type), scrub_(scrubber), observer_(observer) {}

void StreamReader::feed(std::string_view piece) {
    const std::string clean = scrub_.feed(piece);
    take(clean);
}

void StreamReader::take(std::string_view clean) {
    partial_ += clean;
    if (begun_) {
        if (type_ == manifests::StreamType::sse && count_ == 0) other_ += clean;
    } else {
        if (!begin()) return;
        if (type_ == manifests::StreamType::sse) other_ = partial_;
    }
    lines();
}

bool StreamReader::begin() {
    if (partial_.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(partial_))
        return false;
    begun_ = true;
    if (partial_.starts_with(kByteOrderMark)) partial_.erase(0, kByteOrderMark.size());
    return true;
}

/// A CR ends a line of an event stream at once, whether or not a LF is still to come: the event
/// that it ends must not wait for it. In JSON lines it is white space.
void StreamReader::lines() {
    const std::string_view ends = type_ == manifests::StreamType::sse ? "\r\n" : "\n";
    std::size_t start = 0;
    while (start < partial_.size()) {
        if (after_cr_ && partial_[start] == '\n') ++start;
        after_cr_ = false;
        const std::size_t end = partial_.find_first_of(ends, start);
        if (end == std::string::npos) break;
        after_cr_ = partial_[end] == '\r';
        line(std::string_view(partial_).substr(start, end - start));
        start = end + 1;
    }
    partial_.erase(0, start);
}

void StreamReader::finish() {
    const std::string rest = scrub_.finish();
    take(rest);
    if (!partial_.empty()) line(partial_);
    partial_.clear();
    if (type_ == manifests::StreamType::sse) line("");
}

void StreamReader::line(std::string_view text) {
    if (type_ == manifests::StreamType::ndjson) {
        if (text.ends_with('\r')) text.remove_suffix(1);
        if (!trim(text).empty()) event(text);
        return;
    }
    if (text.empty()) {
        if (has_data_) event(data_);
        data_.clear();
        has_data_ = false;
        return;
    }
    const std::string_view field = text.substr(0, text.find(':'));
    if (field != "data") return;  // comments, event names, ids, retry
    text.remove_prefix(field.size());
    if (text.starts_with(':')) text.remove_prefix(1);
    if (text.starts_with(' ')) text.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += text;
    has_data_ = true;
}

void StreamReader::event(std::string_view data) {
    ++count_;
    other_ = {};
    if (data == kDone) return;
    if (observer_ != nullptr) {
        observer_->progress(++told_, std::nullopt,
                            to_valid_utf8(whole_characters(data, kMaxMessage)));
    }
    if (!fault_ && !trim(data).empty()) {
        if (auto value = parse_json(data)) {
            values_.push_back(std::move(*value));
        } else {
            fault_ = "event " + std::to_string(count_) + ": " + value.error().message;
        }
    }
    if (!text_.empty()) text_ += '\n';
    text_ += data;
}

}  // namespace kimbap::pipeline
