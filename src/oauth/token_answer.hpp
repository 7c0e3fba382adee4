#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "oauth/provider.hpp"
#include "scrub/scrubber.hpp"

namespace kimbap::oauth {

/// What a token endpoint granted (RFC 6749 section 5.1).
struct Tokens {
    Secret access_token;
    Secret refresh_token;  ///< Empty where none came: the old one stays good.
    Secret id_token;
    /// None where the provider named no end.
    std::optional<std::chrono::seconds> expires_in;
    /// None where it named none: those asked for.
    std::optional<std::vector<std::string>> scopes;
    std::string account;
};

/// Why it granted nothing.
enum class Refusal : std::uint8_t {
    none,
    invalid_grant,   ///< Code or refresh token are spent, expired or revoked: for good.
    invalid_client,  ///< Client id or secret are wrong: the operator's to mend, the token may be
                     ///< good.
    pending,         ///< RFC 8628: nobody has decided yet.
    slow_down,       ///< RFC 8628: ask less often.
    denied,          ///< Somebody said no.
    expired,         ///< RFC 8628: nobody decided in time.
    temporary,       ///< 5xx, 429, nothing, or nonsense: worth another try.
    other,
};

struct TokenAnswer {
    std::optional<Tokens> tokens;
    Refusal refusal = Refusal::none;
    Error error;  ///< Where there are no tokens. Holds no secret.
};

/// No token that any provider gives is near this long.
inline constexpr std::size_t kMaxTokenSize = 16U << 10;
/// The longest answer that is read.
inline constexpr std::size_t kMaxAnswerSize = 128U << 10;

/// Reads a token endpoint's answer: errors come as RFC 6749 section 5.2 says, or inside a 200
/// (GitHub: `error`; Slack: `ok: false`). The memory that JSON is taken apart in is wiped; `body`
/// is the caller's to wipe. `sent`: the request's secrets, which its errors may repeat.
[[nodiscard]] TokenAnswer read_token_answer(const Provider& provider, unsigned status,
                                            std::string_view body, const scrub::Scrubber& sent);

/// Text of a peer's that goes into messages: one line of printable ASCII, at most 200 bytes.
[[nodiscard]] std::string quoted_remote_text(std::string_view text);
/// The same of a peer that was sent secrets: without them.
[[nodiscard]] std::string quoted_remote_text(std::string_view text, const scrub::Scrubber& sent);

}  // namespace kimbap::oauth
