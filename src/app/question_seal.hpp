#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::app {

/// Makes and checks the state that a client carries from a question to its answer (2026-07-28,
/// Multi Round-Trip Requests). It is HMAC-SHA-256 (RFC 2104), under a key of the vault, over a
/// binding and an expiry: a client can't make one up, prolong it, or use another caller's or
/// another call's. Any process of the data directory checks what another made. Thread-safe.
///
/// A state may come twice within its time. That gains nobody anything: what it proves is that the
/// question was put, and the answer beside it is the client's own word.
class QuestionSeal {
public:
    /// Gives the key; may block at its first use.
    using KeySource = std::function<Result<Secret>()>;

    /// How long an answer may take. Longer than mcp::Limits::input_timeout.
    static constexpr std::chrono::minutes kLife{15};

    explicit QuestionSeal(KeySource key) : key_(std::move(key)) {}

    /// Errors: those of the key source.
    [[nodiscard]] Result<std::string> make(std::string_view binding, TimePoint now) const;

    enum class Verdict {
        good,
        lapsed,   ///< Genuine, but too old.
        foreign,  ///< Changed, made up, or of another binding.
    };
    /// Errors: those of the key source.
    [[nodiscard]] Result<Verdict> check(std::string_view state, std::string_view binding,
                                        TimePoint now) const;

private:
    KeySource key_;
};

}  // namespace kimbap::app
