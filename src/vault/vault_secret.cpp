#include "vault/vault_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/terminal.hpp"

namespace kimbap::vault {

namespace {

constexpr std::string_view kGeneratedPrefix = "kbv1_";
constexpr std::size_t kGeneratedBytes = 32;

constexpr const char* kCredentialName = "vault.secret";

constexpr const char* kHowToMake = "make one with `kimbap init`, or `openssl rand -base64 32`";

std::string_view without_line_break(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

Result<Secret> checked(std::string_view text, const std::string& source) {
    if (text.size() < kMinVaultSecretSize) {
        return make_error(Errc::invalid_config,
                          source + ": the vault secret has " + std::to_string(text.size()) +
                              " bytes, fewer than " + std::to_string(kMinVaultSecretSize) + " (" +
                              kHowToMake + ")");
    }
    if (text.size() > kMaxVaultSecretSize) {
        return make_error(Errc::invalid_config, source + ": the vault secret has more than " +
                                                    std::to_string(kMaxVaultSecretSize) +
                                                    " bytes (is it the right file?)");
    }
    return Secret(text);
}

class File {
public:
    explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

Error cannot_read(const std::string& path) {
    const int failure = errno;
    std::string message = path + ": the vault secret file can't be read: " + std::strerror(failure);
    if (failure == ENOENT) {
        message += std::string(" (") + kHowToMake + "; or set " + kVaultSecretVariable + ")";
    }
    return make_error(Errc::invalid_config, std::move(message));
}

Result<Secret> read_file(const std::string& path, bool private_to_owner) {
    const File file(path);
    if (file.fd() < 0) return cannot_read(path);
    struct stat status {};
    if (::fstat(file.fd(), &status) != 0) return cannot_read(path);
    if (!S_ISREG(status.st_mode)) {
        return make_error(Errc::invalid_config,
                          path + ": the vault secret file is not a regular file");
    }
    if (private_to_owner && (status.st_mode & 077) != 0) {
        return make_error(Errc::invalid_config,
                          path +
                              ": others than its owner can use the vault secret file (chmod 600 " +
                              path + ")");
    }
    // One byte more than may be, and a line break: enough to notice a file that is too long.
    std::array<char, kMaxVaultSecretSize + 3> buffer{};
    std::size_t size = 0;
    Result<Secret> secret = Secret();
    for (;;) {
        const ssize_t got = ::read(file.fd(), buffer.data() + size, buffer.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) secret = cannot_read(path);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (secret) secret = checked(without_line_break({buffer.data(), size}), path);
    wipe(buffer.data(), buffer.size());
    return secret;
}

LoadedSecret loaded(Secret secret, SecretSource source, std::string place) {
    SecretFacts facts{source, std::move(place), is_generated(secret.reveal()), secret.size()};
    return {std::move(secret), std::move(facts)};
}

Result<Secret> ask(bool confirm) {
    const auto typed = ask_hidden("Vault secret (not shown): ");
    if (!typed)
        return make_error(Errc::invalid_config, "no vault secret: " + typed.error().message);
    if (confirm) {
        const auto again = ask_hidden("The same once more, for the new vault: ");
        if (!again || again->reveal() != typed->reveal()) {
            return make_error(Errc::invalid_config, "the two vault secrets differ (try again)");
        }
    }
    return checked(typed->reveal(), "the terminal");
}

}  // namespace

Result<Secret> take_vault_secret_from_environment() {
    char* const value = std::getenv(kVaultSecretVariable);
    if (value == nullptr) return Secret();
    const std::size_t size = std::strlen(value);
    Result<Secret> secret = checked(without_line_break({value, size}), kVaultSecretVariable);
    wipe(value, size);
    ::unsetenv(kVaultSecretVariable);
    return secret;
}

Result<Secret> read_vault_secret_file(const std::string& path) {
    return read_file(path, true);
}

std::string credential_file() {
    const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr || *folder == '\0') return "";
    std::string path = std::string(folder) + "/" + kCredentialName;
    return ::access(path.c_str(), F_OK) == 0 ? path : "";
}

Result<LoadedSecret> load_vault_secret(const std::string& path, bool confirm) {
    Result<Secret> secret = take_vault_secret_from_environment();
    if (!secret) return secret.error();
    if (!secret->empty()) {
        return loaded(std::move(*secret), SecretSource::environment, kVaultSecretVariable);
    }
    if (const std::string credential = credential_file(); !credential.empty()) {
        // systemd grants access by an access control list, which shows as the group's bits.
        secret = read_file(credential, false);
        if (!secret) return secret.error();
        return loaded(std::move(*secret), SecretSource::credential, credential);
    }
    const bool missing = path.empty() || (::access(path.c_str(), F_OK) != 0 && errno == ENOENT);
    if (missing && has_terminal()) {
        secret = ask(confirm);
        if (!secret) return secret.error();
        return loaded(std::move(*secret), SecretSource::prompt, "the terminal");
    }
    if (path.empty()) {
        return make_error(
            Errc::invalid_config,
            std::string("no vault secret: set vault.secret_file in the configuration, or ") +
                kVaultSecretVariable + " (" + kHowToMake + ")");
    }
    secret = read_vault_secret_file(path);
    if (!secret) return secret.error();
    return loaded(std::move(*secret), SecretSource::file, path);
}

Secret generate_vault_secret() {
    std::string bytes = random_bytes(kGeneratedBytes);
    std::string text(kGeneratedPrefix);
    std::string encoded = base64url_encode(bytes);
    text.reserve(kGeneratedPrefix.size() + encoded.size());
    text += encoded;
    wipe(bytes.data(), bytes.size());
    wipe(encoded.data(), encoded.size());
    return Secret::take(text);
}

bool is_generated(std::string_view secret) noexcept {
    constexpr std::size_t encoded_size = 43;
    if (!secret.starts_with(kGeneratedPrefix)) return false;
    secret.remove_prefix(kGeneratedPrefix.size());
    if (secret.size() != encoded_size) return false;
    for (const char c : secret) {
        const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!ok) return false;
    }
    return true;
}

}  // namespace kimbap::vault
