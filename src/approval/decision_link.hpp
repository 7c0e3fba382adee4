#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::approval {

/// What a link to the decision page says, and its signature vouches for.
struct DecisionLink {
    std::string approval;       ///< apr_…
    std::string operator_name;  ///< Whom it was sent to: who opens it decides under this name.
    std::string channel;        ///< The notify entry that it was sent through.
    TimePoint expires_at;       ///< With the approval. In seconds; fractions are rounded up.
    /// Stored with the vote, so that the link serves once. Not part of what is signed; tells
    /// nothing that would help to make a link.
    std::string mark{};
};

/// Makes and checks the links by which operators decide from a mailbox or chat:
///
///     https://kimbap.example.com/decide/apr_…?to=alice&via=ops-mail&until=1764093600&sig=…
///
/// `sig` is HMAC-SHA-256 (RFC 2104) under a key of the vault over all the rest, so that a link
/// can't be made, prolonged, moved to another approval or turned into another operator's. Equal
/// links are made for the same approval, operator and channel: a notification that is sent twice
/// carries one link. Whoever holds a link may use it, therefore it is never stored and never
/// logged. Thread-safe.
class DecisionLinks {
public:
    /// Gives the signing key; may block at its first use.
    using KeySource = std::function<Result<Secret>()>;

    /// `base_url` is what operators reach kimbap by, without a slash at its end; "" where there is
    /// no such place, and then no links are made.
    DecisionLinks(std::string base_url, KeySource key);

    [[nodiscard]] bool enabled() const noexcept { return !base_url_.empty(); }

    /// The whole URL; "" where links aren't enabled. Errors: those of the key source.
    [[nodiscard]] Result<std::string> make(const DecisionLink& link) const;

    /// What the decoded query of a request for /decide/{approval} says, `mark` filled in. Errors:
    /// forbidden where it isn't a link of this kimbap, to this approval, as it was sent; timed_out
    /// where it is over at `now`, said only of genuine links.
    [[nodiscard]] Result<DecisionLink> check(std::string_view approval,
                                             const std::map<std::string, std::string>& query,
                                             TimePoint now) const;

private:
    std::string base_url_;
    KeySource key_;
};

/// DecisionLinks::make for I/O threads.
using LinkMaker = std::function<Task<Result<std::string>>(DecisionLink link)>;

}  // namespace kimbap::approval
