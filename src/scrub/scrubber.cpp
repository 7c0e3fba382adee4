#include "scrub/scrubber.hpp"

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"
#include "base/json_check.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"

namespace kimbap::scrub {

namespace {

using Kind = Scrubber::Finding::Kind;

/// Below this a base64 form has too few characters that depend on the secret alone.
constexpr std::size_t kShortestForBase64 = 6;
constexpr std::size_t kFormsOfASecret = 8;
/// Bits of a FormSet: the last one for forms, shared by all beyond it, and that of escapes, which
/// may spell any.
constexpr std::size_t kLastForm = 30;
constexpr std::uint32_t kEscape = std::uint32_t{1} << 31;

/// The characters that `secret` gives in base64 whatever stands before and after it, where `before`
/// bytes (mod 3) precede it.
Secret base64_core(std::string_view secret, std::size_t before) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // A character that mixes bits of the neighbours with the secret's is not part of the core.
    const std::size_t first = (before * 8 + 5) / 6;
    const std::size_t last = (before + secret.size()) * 8 / 6;
    std::string text(last - first, '\0');
    std::size_t bit = first * 6 - before * 8;
    for (char& c : text) {
        const std::size_t at = bit / 8;
        const unsigned next =
            at + 1 < secret.size() ? static_cast<unsigned char>(secret[at + 1]) : 0U;
        const unsigned two =
            (static_cast<unsigned>(static_cast<unsigned char>(secret[at])) << 8U) | next;
        c = alphabet[(two >> (10 - bit % 8)) & 63U];
        bit += 6;
    }
    return Secret::take(text);
}

/// The same in base64url's alphabet.
Secret in_url_alphabet(const Secret& core) {
    std::string text(core.reveal());
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return Secret::take(text);
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// How `secret` comes back from who takes its bytes for ISO-8859-1, as many servers do with header
/// fields (RFC 9110 section 5.5), and sends them on in UTF-8.
Secret taken_for_latin1(std::string_view secret) {
    std::string text;
    text.reserve(2 * secret.size());
    for (const char c : secret) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) text += static_cast<char>(0xC0U | (byte >> 6U));
        text += byte < 0x80 ? c : static_cast<char>(0x80U | (byte & 0x3FU));
    }
    return Secret::take(text);
}

/// `secret` in ISO-8859-1; empty where it isn't UTF-8, or has other characters.
Secret in_latin1(std::string_view secret) {
    if (!is_utf8(secret)) return {};
    std::string text;
    text.reserve(secret.size());
    for (std::size_t at = 0; at < secret.size(); ++at) {
        const auto byte = static_cast<unsigned char>(secret[at]);
        if (byte >= 0xC4) {
            wipe(text.data(), text.size());
            return {};
        }
        const bool pair = byte >= 0xC0;
        text += pair ? static_cast<char>((byte << 6U) | (secret[++at] & 0x3F)) : secret[at];
    }
    return Secret::take(text);
}

std::size_t index_of(char c) {
    return static_cast<unsigned char>(c);
}

}  // namespace

void Scrubber::add(std::string_view secret) {
    if (secret.empty()) return;
    forms_.reserve(forms_.size() + kFormsOfASecret);
    add_with_base64(secret);
    if (is_ascii(secret)) return;
    add_with_base64(taken_for_latin1(secret).reveal());
    const Secret latin = in_latin1(secret);
    if (latin.empty()) return;
    // Where nothing says that an answer is in ISO-8859-1, what is no UTF-8 was replaced.
    std::string replaced = to_valid_utf8(latin.reveal());
    add_form(Secret::take(replaced));
    add_form(Secret(latin.reveal()));
}

void Scrubber::add_with_base64(std::string_view secret) {
    add_form(Secret(secret));
    // White space around a header's value is not part of it: what comes back may be without.
    const std::string_view trimmed = trim(secret);
    if (!trimmed.empty() && trimmed.size() < secret.size()) add_form(Secret(trimmed));
    if (secret.size() < kShortestForBase64) return;
    for (std::size_t before = 0; before < 3; ++before) {
        Secret core = base64_core(secret, before);
        const std::string_view text = core.reveal();
        if (text.find('+') != text.npos || text.find('/') != text.npos) {
            add_form(in_url_alphabet(core), Breaks::anywhere);
        }
        add_form(std::move(core), Breaks::anywhere);
    }
}

void Scrubber::add_form(Secret text, Breaks breaks) {
    const std::string_view form = text.reveal();
    const bool known = std::any_of(forms_.begin(), forms_.end(), [&](const Form& other) {
        return other.text.reveal() == form && other.breaks == breaks;
    });
    if (known) return;
    const std::size_t number = forms_.size();
    const FormSet own = FormSet{1} << std::min(number, kLastForm);
    const auto may_begin = [&](char c) {
        first_[index_of(c)] |= own;
        pairs_.may_begin(number, c);
    };
    const auto may_follow = [&](char c) {
        second_[index_of(c)] |= own;
        pairs_.may_follow(number, c);
    };
    const char front = form.front();
    plain_percent_ |= front == '%';
    plain_backslash_ |= front == '\\';
    may_begin(front);
    if (front == ' ') may_begin('+');
    for (const char escape : {'%', '\\'}) {
        first_[index_of(escape)] |= kEscape | own;
        second_[index_of(escape)] |= own;
    }
    any_second_ |= kEscape;
    if (form.size() == 1) {
        any_second_ |= own;
        pairs_.may_follow_any(number);
    } else {
        const char second = form[1];
        may_follow(second);
        if (second == ' ') may_follow('+');
        if (breaks == Breaks::anywhere) {
            for (const char c : {'\n', '\r', ' ', '\t'}) may_follow(c);
        }
    }
    forms_.push_back({std::move(text), breaks});
}

/// Whether the escape at `at` may spell the first character of some form.
bool Scrubber::escape_may_begin(std::string_view text, std::size_t at) const {
    if (at + 2 >= text.size()) return true;
    const char next = text[at + 1];
    if (text[at] == '%') {
        const int high = hex_value(next);
        const int low = hex_value(text[at + 2]);
        // first_ has '%' for every form: as it must, since it may be encoded again.
        return plain_percent_ ||
               (high >= 0 && low >= 0 && first_[static_cast<std::size_t>(high * 16 + low)] != 0);
    }
    return plain_backslash_ || next == 'u' || next == 'x' || next == '\\' ||
           first_[index_of(next)] != 0 || first_[index_of(unescaped(next))] != 0;
}

std::size_t Scrubber::next_candidate(std::string_view text, std::size_t at) const {
    for (;; ++at) {
        at = pairs_.pass_over(text, at);
        if (at + 1 >= text.size()) return at;
        const FormSet second = second_[index_of(text[at + 1])] | any_second_;
        if ((first_[index_of(text[at])] & second) != 0) return at;
    }
}

Scrubber::FormSet Scrubber::candidates(std::string_view text, std::size_t at) const {
    const FormSet first = first_[index_of(text[at])];
    if ((first & kEscape) != 0) return escape_may_begin(text, at) ? first : 0;
    if (at + 1 >= text.size()) return first;
    return first & (second_[index_of(text[at + 1])] | any_second_);
}

Scrubber::Finding Scrubber::find(std::string_view text, std::size_t from, bool more) const {
    for (std::size_t at = next_candidate(text, from); at < text.size();
         at = next_candidate(text, at + 1)) {
        const FormSet forms = candidates(text, at);
        if (forms == 0) continue;
        Finding found;
        for (std::size_t i = 0; i < forms_.size(); ++i) {
            if (((forms >> std::min(i, kLastForm)) & 1U) == 0) continue;
            const Spelled one = spelled(text, at, forms_[i].text.reveal(), forms_[i].breaks);
            if (one.fit == Spelled::Fit::none) continue;
            // Of several that begin here the longest counts, and it may only just be coming.
            if (one.fit == Spelled::Fit::begun && more) return {Kind::begun, at, at};
            if (one.fit == Spelled::Fit::whole && one.end > found.end) {
                found = {Kind::whole, at, one.end};
            }
        }
        if (found.kind != Kind::nothing) return found;
    }
    return {Kind::nothing, text.size(), text.size()};
}

bool Scrubber::finds(std::string_view text) const {
    return !empty() && find(text, 0, false).kind == Kind::whole;
}

bool Scrubber::scrub(std::string& text) const {
    if (empty()) return false;
    Finding found = find(text, 0, false);
    if (found.kind != Kind::whole) return false;
    std::string clean;
    std::size_t from = 0;
    for (; found.kind == Kind::whole; found = find(text, from, false)) {
        clean.append(text, from, found.begin - from).append(kRedacted);
        from = found.end;
    }
    clean.append(text, from);
    wipe(text.data(), text.size());
    text = std::move(clean);
    return true;
}

bool Scrubber::scrub_json(std::string& text) const {
    if (!finds(text)) return false;
    std::string before = text;
    scrub(text);
    if (!check_json(text) && check_json(before)) {
        auto value = parse_json(before);
        if (value && scrub(*value)) {
            std::string whole = to_json(*value);
            if (!finds(whole)) text = std::move(whole);
        }
    }
    wipe(before.data(), before.size());
    return true;
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

StreamScrubber::~StreamScrubber() {
    wipe(held_.data(), held_.size());
}

std::string StreamScrubber::feed(std::string_view piece) {
    held_ += piece;
    return pass_on(true);
}

std::string StreamScrubber::finish() {
    return pass_on(false);
}

std::string StreamScrubber::pass_on(bool more) {
    if (scrubber_.empty()) return std::exchange(held_, {});
    std::string out;
    std::size_t from = 0;
    for (;;) {
        const Scrubber::Finding found = scrubber_.find(held_, from, more);
        out.append(held_, from, found.begin - from);
        if (found.kind == Kind::whole) {
            out += kRedacted;
            from = found.end;
            continue;
        }
        std::string rest = held_.substr(found.begin);
        wipe(held_.data(), held_.size());
        held_ = std::move(rest);
        return out;
    }
}

}  // namespace kimbap::scrub
