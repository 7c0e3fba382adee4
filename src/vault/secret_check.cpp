#include "vault/secret_check.hpp"

#include <array>
#include <charconv>
#include <vector>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "vault/key_derivation.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {

namespace {

constexpr std::string_view kInstantKind = "hmac-sha256";
constexpr std::string_view kDerivedKind = "pbkdf2-sha256";
constexpr std::string_view kPurpose = "kimbap vault check v1\n";

struct Check {
    std::int64_t iterations = 0;  ///< 0: no key derivation.
    std::string salt;
    std::string mac;
};

std::optional<Check> parse(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, ':');
    const bool instant = parts.size() == 3 && parts[0] == kInstantKind;
    const bool derived = parts.size() == 4 && parts[0] == kDerivedKind;
    if (!instant && !derived) return std::nullopt;
    Check check;
    if (derived) {
        const char* const end = parts[1].data() + parts[1].size();
        const auto read = std::from_chars(parts[1].data(), end, check.iterations);
        if (read.ec != std::errc{} || read.ptr != end || check.iterations < kMinIterations ||
            check.iterations > kMaxIterations) {
            return std::nullopt;
        }
    }
    auto salt = base64url_decode(parts[parts.size() - 2]);
    auto mac = base64url_decode(parts.back());
    if (!salt || !mac || salt->size() != kSaltSize || mac->size() != Sha256{}.size()) {
        return std::nullopt;
    }
    check.salt = std::move(*salt);
    check.mac = std::move(*mac);
    return check;
}

Result<Sha256> mac_of(std::string_view secret, std::string_view salt, std::int64_t iterations) {
    const std::string message = std::string(kPurpose) + std::string(salt);
    if (iterations == 0) return hmac_sha256(secret, message);
    std::array<std::uint8_t, kKeySize> key{};
    const Result<void> derived = derive_key(secret, salt, iterations, key);
    if (!derived) return derived.error();
    const Sha256 mac =
        hmac_sha256({reinterpret_cast<const char*>(key.data()), key.size()}, message);
    wipe(key.data(), key.size());
    return mac;
}

Error wrong_secret() {
    return make_error(Errc::invalid_config,
                      "wrong vault secret: this installation's vault was made with another one "
                      "(restore the right vault.secret_file or KIMBAP_VAULT_SECRET)");
}

}  // namespace

Result<std::string> make_check(std::string_view secret, std::int64_t iterations) {
    const bool instant = is_generated(secret);
    const std::string salt = random_bytes(kSaltSize);
    const auto mac = mac_of(secret, salt, instant ? 0 : iterations);
    if (!mac) return mac.error();
    std::string out(instant ? kInstantKind : kDerivedKind);
    if (!instant) out.append(":").append(std::to_string(iterations));
    out.append(":").append(base64url_encode(salt));
    out.append(":").append(base64url_encode(bytes_of(*mac)));
    return out;
}

bool is_instant(std::string_view check, std::string_view secret) noexcept {
    // A secret of the other form than the one that the value was made from is wrong at first sight.
    return is_generated(secret) || check.starts_with(kInstantKind);
}

Result<void> verify_check(std::string_view check, std::string_view secret) {
    const std::optional<Check> parsed = parse(check);
    if (!parsed) {
        return make_error(Errc::corrupt,
                          "the vault's check value is damaged (restore the data directory)");
    }
    if ((parsed->iterations == 0) != is_generated(secret)) return wrong_secret();
    const auto mac = mac_of(secret, parsed->salt, parsed->iterations);
    if (!mac) return mac.error();
    if (!constant_time_equal(bytes_of(*mac), parsed->mac)) return wrong_secret();
    return {};
}

}  // namespace kimbap::vault
