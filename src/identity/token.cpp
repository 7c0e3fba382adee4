#include "identity/token.hpp"

#include "base/encoding.hpp"
#include "base/ids.hpp"

namespace kimbap::identity {

namespace {

constexpr std::string_view kPrefix = "kbp_";
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kRandomChars = 43;
constexpr std::size_t kChecksumChars = 6;

bool has_form(std::string_view text) {
    return text.size() == kPrefix.size() + kRandomChars + kChecksumChars &&
           text.starts_with(kPrefix);
}

std::string checksum(std::string_view body) {
    const Sha256 digest = sha256(body);
    return base64url_encode(bytes_of(digest)).substr(0, kChecksumChars);
}

}  // namespace

Secret new_token() {
    std::string bytes = random_bytes(kRandomBytes);
    std::string body = base64url_encode(bytes);
    wipe(bytes.data(), bytes.size());
    std::string token = std::string(kPrefix) + body + checksum(body);
    wipe(body.data(), body.size());
    return Secret::take(token);
}

std::optional<Sha256> token_hash(std::string_view text) {
    if (!has_form(text)) return std::nullopt;
    return sha256(text);
}

bool is_intact(std::string_view text) {
    if (!has_form(text)) return false;
    const std::string_view body = text.substr(kPrefix.size(), kRandomChars);
    return checksum(body) == text.substr(kPrefix.size() + kRandomChars);
}

}  // namespace kimbap::identity
