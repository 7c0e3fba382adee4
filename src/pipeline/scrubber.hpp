#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace kimbap::pipeline {

inline constexpr std::string_view kRedacted = "[redacted]";

/// Replaces a call's credential wherever an answer repeats it: a downstream that echoes its request
/// (a debug endpoint, an error page) must not hand the agent what kimbap keeps from it. Knows a
/// secret plain, JSON-escaped, percent-encoded and in base64 and base64url at each of the three
/// alignments. Holds the secret in wiping memory; lives as long as the call's credential.
class Scrubber {
public:
    Scrubber() = default;
    explicit Scrubber(std::string_view secret) { add(secret); }
    /// Adds a further secret of the same call. Empty ones are ignored.
    void add(std::string_view secret);

    [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }
    [[nodiscard]] bool finds(std::string_view text) const;
    /// `text` in place; whether anything was replaced.
    bool scrub(std::string& text) const;
    /// Every string, key and number of a JSON value, in place: the result stays valid JSON.
    bool scrub(boost::json::value& value) const;

    /// Length of the longest form: how much of a stream must be held back.
    [[nodiscard]] std::size_t longest() const noexcept { return longest_; }

private:
    void add_pattern(std::string pattern);

    std::vector<Secret> patterns_;
    std::size_t longest_ = 0;
};

/// Scrubs text that arrives in pieces: a credential split over two pieces is found too. Holds back
/// the last longest()-1 bytes until more comes or the stream ends.
class StreamScrubber {
public:
    /// `scrubber` outlives this.
    explicit StreamScrubber(const Scrubber& scrubber) : scrubber_(scrubber) {}
    /// What may go out after `piece` arrived.
    [[nodiscard]] std::string feed(std::string_view piece);
    /// The rest, at the end.
    [[nodiscard]] std::string finish();

private:
    const Scrubber& scrubber_;
    std::string held_;
};

}  // namespace kimbap::pipeline
