#include "vault/new_secret_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

#include "vault/vault_secret.hpp"

namespace kimbap::vault {

namespace {

namespace fs = std::filesystem;

constexpr int kMaxKept = 9;
/// For a rekey that is under way, which takes as long as deriving a key for each record.
constexpr std::chrono::seconds kLongestWait{30};
constexpr std::chrono::milliseconds kLook{20};

/// Where a link leads, the new one goes as well: it would take the link's place otherwise, and the
/// old one stay where it is.
std::string target_of(const std::string& file) {
    std::error_code unresolved;
    const auto real = fs::canonical(file, unresolved);
    return unresolved ? file : real.string();
}

std::string new_path(const std::string& target) {
    return target + ".new";
}

std::string kept_path(const std::string& target, int number) {
    return new_path(target) + "." + std::to_string(number);
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// The folder of a file, to be locked: it outlives all that is renamed in it. -1 with errno.
int open_folder(const std::string& target) {
    const fs::path folder = fs::path(target).parent_path();
    return ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

/// Waits for who has it.
bool lock(int folder) {
    const auto deadline = std::chrono::steady_clock::now() + kLongestWait;
    while (::flock(folder, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(kLook);
    }
    return true;
}

/// Under the next number that is free.
bool keep(const std::string& target) {
    for (int number = 1; number <= kMaxKept; ++number) {
        const std::string kept = kept_path(target, number);
        if (!exists(kept)) return std::rename(new_path(target).c_str(), kept.c_str()) == 0;
    }
    errno = EEXIST;
    return false;
}

}  // namespace

NewSecretFile::NewSecretFile(std::string file, int folder)
    : file_(std::move(file)), path_(new_path(file_)), folder_(folder) {}

Result<NewSecretFile> NewSecretFile::create(const std::string& file) {
    const std::string target = target_of(file);
    const int folder = open_folder(target);
    if (folder < 0) return failed(target, "its folder can't be opened");
    NewSecretFile out(target, folder);
    if (::flock(folder, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failed(target, "its folder can't be locked");
        return make_error(Errc::conflict,
                          "the vault is being rekeyed by another process (wait until it is done)");
    }
    if (exists(out.path_) && !keep(target)) {
        return failed(out.path_, "was left by a rekey that was interrupted, and can't be kept");
    }
    out.fd_ = ::open(out.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out.fd_ < 0) return failed(out.path_, "can't be created");
    return out;
}

NewSecretFile::NewSecretFile(NewSecretFile&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      folder_(std::exchange(other.folder_, -1)),
      fd_(std::exchange(other.fd_, -1)) {}

NewSecretFile::~NewSecretFile() {
    if (fd_ >= 0) ::close(fd_);
    if (folder_ >= 0) ::close(folder_);
}

Result<void> NewSecretFile::write(const Secret& secret) {
    const bool written = ::fchmod(fd_, 0600) == 0 && write_all(fd_, secret.reveal()) &&
                         write_all(fd_, "\n") && ::fsync(fd_) == 0 && ::fsync(folder_) == 0;
    if (!written) return failed(path_, "can't be written");
    return {};
}

Result<void> NewSecretFile::put_in_place() {
    if (std::rename(path_.c_str(), file_.c_str()) != 0) {
        return failed(path_, "can't be moved to its place");
    }
    for (int number = 1; number <= kMaxKept; ++number) {
        ::unlink(kept_path(file_, number).c_str());
    }
    ::fsync(folder_);
    return {};
}

void NewSecretFile::discard() {
    ::unlink(path_.c_str());
}

std::vector<std::string> new_secret_files(const std::string& file) {
    const std::string target = target_of(file);
    std::vector<std::string> out;
    if (exists(new_path(target))) out.push_back(new_path(target));
    for (int number = kMaxKept; number >= 1; --number) {
        if (exists(kept_path(target, number))) out.push_back(kept_path(target, number));
    }
    return out;
}

bool adopt_new_secret(const std::string& file, const Secret& known,
                      const std::function<bool(const Secret&)>& is_right) {
    const std::string target = target_of(file);
    const int folder = open_folder(target);
    if (folder < 0) return false;
    bool changed = false;
    if (lock(folder)) {
        const Result<Secret> now = read_vault_secret_file(target);
        changed = now && now->reveal() != known.reveal();  // what was waited for is done
        for (const std::string& path : new_secret_files(target)) {
            if (changed) break;
            const Result<Secret> secret = read_vault_secret_file(path);
            changed = secret && is_right(*secret) &&
                      std::rename(path.c_str(), target.c_str()) == 0 && ::fsync(folder) == 0;
        }
    }
    ::close(folder);
    return changed;
}

}  // namespace kimbap::vault
