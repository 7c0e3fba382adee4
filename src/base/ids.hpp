#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kimbap {

/// Fills `out` from the system's cryptographic generator (OpenSSL RAND_bytes). Throws
/// std::runtime_error where there is no entropy: nothing safe can be done then.
void random_bytes(std::span<unsigned char> out);
[[nodiscard]] std::string random_bytes(std::size_t count);

/// A new identifier `<prefix>_<26 characters>`: 60 bits of time in 1/1024 ms, then 70 random bits,
/// in Crockford base32, so that identifiers sort by creation (strictly, within a process) and can't
/// be guessed. Prefixes in use: call, apr (approval), tok (token), chn (audit chain), evt
/// (notification). Thread-safe.
[[nodiscard]] std::string new_id(std::string_view prefix);

}  // namespace kimbap
