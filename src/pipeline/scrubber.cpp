#include "pipeline/scrubber.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::pipeline {

namespace {

/// Below this a base64 form has too few characters that depend on the secret alone.
constexpr std::size_t kShortestForBase64 = 6;

/// The characters that `secret` gives in base64 whatever stands before and after it, where `before`
/// bytes (mod 3) precede it.
std::string base64_core(std::string_view secret, std::size_t before, bool url) {
    std::string bytes(before, '\0');
    bytes += secret;
    std::string text = url ? base64url_encode(bytes) : base64_encode(bytes);
    while (text.ends_with('=')) text.pop_back();
    // A character that mixes bits of the neighbours with the secret's is not part of the core.
    const std::size_t first = (before * 8 + 5) / 6;
    const std::size_t last = bytes.size() * 8 / 6;
    std::string core = text.substr(first, last - first);
    wipe(bytes.data(), bytes.size());
    wipe(text.data(), text.size());
    return core;
}

std::string json_escaped(std::string_view secret) {
    std::string quoted;
    append_json_string(quoted, secret);
    std::string inner = quoted.substr(1, quoted.size() - 2);
    wipe(quoted.data(), quoted.size());
    return inner;
}

std::string slash_escaped(std::string_view escaped) {
    std::string out;
    for (const char c : escaped) {
        if (c == '/') out += '\\';
        out += c;
    }
    return out;
}

/// The escapes' digits in lower case, as some encoders write them.
std::string lower_hex(std::string_view percent) {
    std::string out(percent);
    for (std::size_t i = 0; i + 2 < out.size(); ++i) {
        if (out[i] != '%') continue;
        out[i + 1] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[i + 1])));
        out[i + 2] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[i + 2])));
    }
    return out;
}

std::size_t find(std::string_view text, std::string_view pattern, std::size_t from = 0) {
    if (from >= text.size()) return std::string_view::npos;
    const void* at =
        ::memmem(text.data() + from, text.size() - from, pattern.data(), pattern.size());
    return at == nullptr ? std::string_view::npos
                         : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

/// application/x-www-form-urlencoded: as percent-encoding, but '+' for a space.
std::string form_encoded(std::string_view percent) {
    std::string out(percent);
    for (std::size_t at = out.find("%20"); at != std::string::npos; at = out.find("%20", at)) {
        out.replace(at, 3, "+");
    }
    return out;
}

}  // namespace

void Scrubber::add(std::string_view secret) {
    if (secret.empty()) return;
    add_pattern(std::string(secret));
    std::string escaped = json_escaped(secret);
    add_pattern(slash_escaped(escaped));
    add_pattern(std::move(escaped));
    std::string percent = percent_encode(secret);
    add_pattern(form_encoded(percent));
    add_pattern(lower_hex(percent));
    add_pattern(lower_hex(form_encoded(percent)));
    add_pattern(std::move(percent));
    if (secret.size() < kShortestForBase64) return;
    for (std::size_t before = 0; before < 3; ++before) {
        add_pattern(base64_core(secret, before, false));
        add_pattern(base64_core(secret, before, true));
    }
}

void Scrubber::add_pattern(std::string pattern) {
    Secret taken = Secret::take(pattern);
    if (taken.empty()) return;
    for (const Secret& known : patterns_) {
        if (known.reveal() == taken.reveal()) return;
    }
    longest_ = std::max(longest_, taken.size());
    // Longest first, so that a form that contains another is replaced whole.
    const auto place = std::find_if(patterns_.begin(), patterns_.end(), [&](const Secret& known) {
        return known.size() < taken.size();
    });
    patterns_.insert(place, std::move(taken));
}

bool Scrubber::finds(std::string_view text) const {
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const Secret& pattern) {
        return find(text, pattern.reveal()) != std::string_view::npos;
    });
}

bool Scrubber::scrub(std::string& text) const {
    bool replaced = false;
    for (const Secret& pattern : patterns_) {
        std::size_t at = find(text, pattern.reveal());
        if (at == std::string::npos) continue;
        replaced = true;
        std::string clean;
        std::size_t from = 0;
        for (; at != std::string::npos; at = find(text, pattern.reveal(), from)) {
            clean.append(text, from, at - from).append(kRedacted);
            from = at + pattern.size();
        }
        clean.append(text, from);
        wipe(text.data(), text.size());
        text = std::move(clean);
    }
    return replaced;
}

bool Scrubber::scrub(boost::json::value& value) const {
    if (auto* array = value.if_array()) {
        bool replaced = false;
        for (auto& element : *array) replaced |= scrub(element);
        return replaced;
    }
    if (auto* object = value.if_object()) {
        bool replaced = false;
        boost::json::object clean;
        for (auto& member : *object) {
            std::string key(member.key());
            replaced |= scrub(key);
            replaced |= scrub(member.value());
            clean[key] = std::move(member.value());
        }
        *object = std::move(clean);
        return replaced;
    }
    std::string text = value.is_string() ? std::string(value.get_string()) : to_json(value);
    if (!scrub(text)) return false;
    value = text;
    return true;
}

std::string StreamScrubber::feed(std::string_view piece) {
    held_ += piece;
    if (scrubber_.empty()) return std::exchange(held_, {});
    scrubber_.scrub(held_);
    const std::size_t keep = scrubber_.longest() - 1;
    if (held_.size() <= keep) return {};
    std::string out = held_.substr(0, held_.size() - keep);
    held_.erase(0, out.size());
    return out;
}

std::string StreamScrubber::finish() {
    scrubber_.scrub(held_);
    return std::exchange(held_, {});
}

}  // namespace kimbap::pipeline
