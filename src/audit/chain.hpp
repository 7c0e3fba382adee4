#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/record.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"

namespace kimbap::audit {

/// The text form of the log. Pure: no I/O.
///
/// A record's line is compact JSON with the members chain, seq, time, kind, call, caller, action,
/// parameters, decision, approval, execution, details and prev, in this order, absent ones left
/// out. Its hash is the SHA-256 of that exact text; `prev` is the hash of the record before (64
/// zeros in the first), so that no record can change, vanish or move without a later one
/// disagreeing. docs/audit.md says the same for those who verify an exported log by other means.

/// The middle of a line, from the time to the details: all that doesn't depend on the record's
/// place in the chain. Rendered on the caller's thread, so that the one writer thread has little to
/// do.
struct RecordBody {
    TimePoint time;
    std::string text;  ///< `"time":"…","kind":"…",…` without surrounding braces.
};
[[nodiscard]] RecordBody render_body(const Record& record);

/// The line of a record at its place in the chain.
[[nodiscard]] std::string compose_line(std::string_view chain, std::int64_t seq,
                                       std::string_view body, const Sha256& prev);

/// The line with its hash as last member, as people and exports see it.
[[nodiscard]] std::string with_hash(std::string_view line, const Sha256& hash);
/// The opposite: the line that was hashed, and the hash it names. nullopt where `text` doesn't end
/// in a hash member.
struct HashedLine {
    std::string line;
    Sha256 hash{};
};
[[nodiscard]] std::optional<HashedLine> without_hash(std::string_view text);

/// The members of a line that chain it, read by position in the fixed layout, without parsing the
/// rest. Views into the line.
struct LineFrame {
    std::string_view chain;
    std::int64_t seq = 0;
    std::string_view time;
    std::string_view prev;  ///< Hex.
};
[[nodiscard]] std::optional<LineFrame> read_frame(std::string_view line);

}  // namespace kimbap::audit
