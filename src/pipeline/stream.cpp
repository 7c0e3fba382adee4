#include "pipeline/stream.hpp"

#include "base/encoding.hpp"
#include "base/json_text.hpp"

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
    if (type_ == manifests::StreamType::sse && count_ == 0) other_ += clean;
    std::size_t start = 0;
    for (;;) {
        const std::size_t end = partial_.find('\n', start);
        if (end == std::string::npos) break;
        std::string_view one = std::string_view(partial_).substr(start, end - start);
        if (one.ends_with('\r')) one.remove_suffix(1);
        line(one);
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
        if (!text.empty()) event(text);
        return;
    }
    if (text.empty()) {
        if (has_data_) event(data_);
        data_.clear();
        has_data_ = false;
        return;
    }
    if (!text.starts_with("data:")) return;  // comments, event names, ids, retry
    text.remove_prefix(5);
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
        observer_->progress(++told_, std::nullopt, to_valid_utf8(data.substr(0, kMaxMessage)));
    }
    if (all_json_) {
        if (auto value = parse_json(data)) {
            values_.push_back(std::move(*value));
        } else {
            all_json_ = false;
        }
    }
    if (!text_.empty()) text_ += '\n';
    text_ += data;
}

}  // namespace kimbap::pipeline
