#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "scrub/pair_filter.hpp"
#include "scrub/spelling.hpp"

namespace kimbap::scrub {

inline constexpr std::string_view kRedacted = "[redacted]";

/// Replaces a call's credential wherever an answer repeats it: a downstream that echoes its request
/// (a debug endpoint, an error page) must not hand the agent what kimbap keeps from it. Finds a
/// secret plain and in base64 and base64url at each of the three alignments, whose lines may be
/// broken, and each of these in every mixture of percent-encoding and JSON escapes (see
/// spelling.hpp). Holds the secret in
/// wiping memory; lives as long as the call's credential.
class Scrubber {
public:
    /// What comes next in a text.
    struct Finding {
        enum class Kind {
            nothing,  ///< No secret, nor the beginning of one at the text's end.
            begun,    ///< From `begin` on, the text may be the beginning of a secret.
            whole,    ///< A secret stands from `begin` to `end`.
        };
        Kind kind = Kind::nothing;
        std::size_t begin = 0;
        std::size_t end = 0;
    };

    Scrubber() = default;
    explicit Scrubber(std::string_view secret) { add(secret); }
    /// Adds a further secret of the same call. Empty ones are ignored.
    void add(std::string_view secret);

    [[nodiscard]] bool empty() const noexcept { return forms_.empty(); }
    /// The first finding of `text` from `from` on. `more`: whether further text may follow.
    [[nodiscard]] Finding find(std::string_view text, std::size_t from, bool more) const;
    [[nodiscard]] bool finds(std::string_view text) const;
    /// `text` in place; whether anything was replaced.
    bool scrub(std::string& text) const;
    /// The same of a text that may be JSON: where it was, it is afterwards. A number that is the
    /// secret becomes a string.
    bool scrub_json(std::string& text) const;
    /// Every string, key and number of a JSON value, in place: the result stays valid JSON.
    bool scrub(boost::json::value& value) const;

private:
    using FormSet = std::uint32_t;  ///< A bit for each form.

    struct Form {
        Secret text;
        Breaks breaks;
    };

    void add_with_base64(std::string_view secret);
    void add_form(Secret text, Breaks breaks = Breaks::none);
    /// The first place from `at` on where a form may begin; the text's last character is one.
    [[nodiscard]] std::size_t next_candidate(std::string_view text, std::size_t at) const;
    [[nodiscard]] FormSet candidates(std::string_view text, std::size_t at) const;
    [[nodiscard]] bool escape_may_begin(std::string_view text, std::size_t at) const;

    std::vector<Form> forms_;
    /// Passes over nearly every place of a text.
    PairFilter pairs_;
    /// Which forms may have this byte as their first, or second, however they are spelled.
    std::array<FormSet, 256> first_{};
    std::array<FormSet, 256> second_{};
    FormSet any_second_ = 0;        ///< Those that may have any byte as their second.
    bool plain_percent_ = false;    ///< Whether a form itself begins with '%',
    bool plain_backslash_ = false;  ///< or with a backslash.
};

/// Scrubs text that arrives in pieces: a credential split over two pieces is found too. Holds back
/// only what may be the beginning of one, until more comes or the stream ends.
class StreamScrubber {
public:
    /// `scrubber` outlives this.
    explicit StreamScrubber(const Scrubber& scrubber) : scrubber_(scrubber) {}
    StreamScrubber(const StreamScrubber&) = delete;
    StreamScrubber& operator=(const StreamScrubber&) = delete;
    ~StreamScrubber();
    /// What may go out after `piece` arrived.
    [[nodiscard]] std::string feed(std::string_view piece);
    /// The rest, at the end.
    [[nodiscard]] std::string finish();

private:
    std::string pass_on(bool more);

    const Scrubber& scrubber_;
    std::string held_;
};

}  // namespace kimbap::scrub
