#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/record.hpp"
#include "base/digest.hpp"

/// How records are chained (contract section 10). A record's line is compact JSON on one line:
///
///     {"chain":C,"seq":N,"time":T,"kind":K, … ,"prev":P}
///
/// `hash` is SHA-256 over exactly that text, and `prev` is the hash of the record before it, in
/// hexadecimal (64 zeros for the first). An exported line is the same text with `,"hash":"…"`
/// before the closing brace, so that anybody can verify it with sha256sum. Pure: no I/O.
namespace kimbap::audit {

/// The members between seq and prev, from `"time":` on: built on the caller's thread, as nothing in
/// it depends on the record's place in the chain.
[[nodiscard]] std::string body_of(const Record& record);

/// The line of a record that follows one with hash `prev`.
[[nodiscard]] std::string line_of(std::string_view chain, std::int64_t seq, std::string_view body,
                                  const Sha256& prev);

[[nodiscard]] Sha256 hash_of(std::string_view line);

/// The line as exported, with its hash.
[[nodiscard]] std::string exported(std::string_view line, const Sha256& hash);

/// What chains a line, read by its place in the fixed layout: verifying need not parse the rest,
/// which the hash covers. Views into the line.
struct Frame {
    std::string_view chain;
    std::int64_t seq = 0;
    std::string_view time;
    std::string_view prev;
};
/// nullopt where `line` is not laid out as line_of lays it out.
[[nodiscard]] std::optional<Frame> frame_of(std::string_view line);

}  // namespace kimbap::audit
