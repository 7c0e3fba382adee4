#include "vault/new_secret_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "vault/vault_secret.hpp"

namespace kimbap::vault {

namespace {

/// Where a link leads, the new one goes as well: it would take the link's place otherwise, and the
/// old one stay where it is.
std::string target_of(const std::string& file) {
    std::error_code unresolved;
    const auto real = std::filesystem::canonical(file, unresolved);
    return unresolved ? file : real.string();
}

std::string new_path(const std::string& target) {
    return target + ".new";
}

/// Whether the open file is the one at `path`.
bool is_at(int fd, const std::string& path) {
    struct stat opened {};
    struct stat there {};
    return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
           opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

Error failed(const std::string& path, const char* what) {
    return make_error(Errc::storage_failure,
                      path + ": " + what + ": " + std::string(std::strerror(errno)));
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t done = ::write(fd, text.data(), text.size());
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
}

}  // namespace

Result<NewSecretFile> NewSecretFile::create(const std::string& file) {
    const std::string target = target_of(file);
    const std::string path = new_path(target);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return failed(path, "can't be created");
    NewSecretFile out(target, path, fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || !is_at(fd, path)) {
        return make_error(Errc::conflict,
                          "the vault is being rekeyed by another process (wait until it is done)");
    }
    return out;
}

NewSecretFile::NewSecretFile(NewSecretFile&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)) {}

NewSecretFile::~NewSecretFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<void> NewSecretFile::write(const Secret& secret) {
    const bool written = ::fchmod(fd_, 0600) == 0 && ::ftruncate(fd_, 0) == 0 &&
                         ::lseek(fd_, 0, SEEK_SET) == 0 && write_all(fd_, secret.reveal()) &&
                         write_all(fd_, "\n") && ::fsync(fd_) == 0;
    if (!written) return failed(path_, "can't be written");
    return {};
}

Result<void> NewSecretFile::put_in_place() {
    if (std::rename(path_.c_str(), file_.c_str()) == 0 || is_at(fd_, file_)) return {};
    return failed(path_, "can't be moved to its place");
}

void NewSecretFile::discard() {
    if (is_at(fd_, path_)) ::unlink(path_.c_str());
}

bool has_new_secret(const std::string& file) {
    return ::access(new_path(target_of(file)).c_str(), F_OK) == 0;
}

bool adopt_new_secret(const std::string& file, const std::function<bool(const Secret&)>& is_right) {
    const std::string target = target_of(file);
    const std::string path = new_path(target);
    const Result<Secret> secret = read_vault_secret_file(path);
    if (!secret || !is_right(*secret)) return false;
    // Where it isn't there any more, whoever wrote it has just put it in place.
    return std::rename(path.c_str(), target.c_str()) == 0 || errno == ENOENT;
}

}  // namespace kimbap::vault
