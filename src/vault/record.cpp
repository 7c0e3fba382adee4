#include "vault/record.hpp"

#include <algorithm>
#include <utility>

#include "vault/key_derivation.hpp"

namespace kimbap::vault {

namespace {

bool is_lower_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_name_char(char c) {
    return is_lower_alnum(c) || c == '.' || c == '_' || c == '/' || c == '-';
}

}  // namespace

Result<void> check_name(std::string_view name) {
    if (name.empty() || name.size() > kMaxNameSize || !is_lower_alnum(name.front()) ||
        !std::all_of(name.begin(), name.end(), is_name_char)) {
        return make_error(Errc::invalid_argument,
                          "not a usable name for a secret (lower-case letters, digits and . _ / -, "
                          "starting with a letter or digit, at most " +
                              std::to_string(kMaxNameSize) + " characters; such as github.token)");
    }
    if (name.starts_with(kInternalPrefix)) {
        return make_error(Errc::invalid_argument, "names that start with " +
                                                      std::string(kInternalPrefix) +
                                                      " are kimbap's own (choose another name)");
    }
    return {};
}

Result<void> check_value(std::string_view value) {
    if (value.empty()) return make_error(Errc::invalid_argument, "the secret is empty");
    if (value.size() > kMaxValueSize) {
        return make_error(Errc::too_large, "the secret has " + std::to_string(value.size()) +
                                               " bytes; at most " + std::to_string(kMaxValueSize) +
                                               " are kept");
    }
    return {};
}

std::string associated_data(std::string_view name, std::int64_t version, std::int64_t iterations) {
    std::string out = "kimbap vault record v1\n";
    out.append(name).append("\n");
    out.append(std::to_string(version)).append("\n");
    out.append(std::to_string(iterations));
    return out;
}

Result<store::SecretRow> seal_record(std::string_view name, std::int64_t version,
                                     std::int64_t iterations,
                                     const std::array<std::uint8_t, 16>& salt, KeyView key,
                                     std::string_view value) {
    Result<Sealed> sealed = encrypt(key, value, associated_data(name, version, iterations));
    if (!sealed) return sealed.error();
    store::SecretRow row;
    row.name = name;
    row.version = version;
    row.iterations = iterations;
    row.salt = salt;
    row.nonce = sealed->nonce;
    row.ciphertext = std::move(sealed->ciphertext);
    row.tag = sealed->tag;
    return row;
}

Result<Secret> open_record(const store::SecretRow& row, KeyView key) {
    Result<Secret> value = decrypt(key, row.nonce, row.ciphertext, row.tag,
                                   associated_data(row.name, row.version, row.iterations));
    if (!value && value.error().code == Errc::corrupt) {
        return make_error(Errc::corrupt, "the vault record " + row.name +
                                             " was changed or damaged (set it again with `kimbap "
                                             "vault set " +
                                             row.name + "`)");
    }
    return value;
}

Result<void> check_iterations(const store::SecretRow& row) {
    if (row.iterations < kMinIterations || row.iterations > kMaxIterations) {
        return make_error(Errc::corrupt, "the vault record " + row.name +
                                             " was changed or damaged: its iterations are out of "
                                             "range (set it again with `kimbap vault set " +
                                             row.name + "`)");
    }
    return {};
}

}  // namespace kimbap::vault
