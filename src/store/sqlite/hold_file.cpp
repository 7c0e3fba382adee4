#include "store/sqlite/hold_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace kimbap::store::sqlite {

namespace {

class HeldFile final : public Hold {
public:
    explicit HeldFile(int fd) : fd_(fd) {}
    ~HeldFile() override { ::close(fd_); }

private:
    int fd_;
};

Error failure(const std::string& path, const char* what) {
    return make_error(Errc::storage_failure,
                      path + ": can't be " + what + " (" + std::strerror(errno) + ")");
}

}  // namespace

Result<std::unique_ptr<Hold>> try_hold_file(const std::string& path) {
    ::mkdir(std::filesystem::path(path).parent_path().c_str(), 0700);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return failure(path, "opened");
    auto held = std::make_unique<HeldFile>(fd);
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return std::unique_ptr<Hold>();
        if (errno != EINTR) return failure(path, "locked");
    }
    return std::unique_ptr<Hold>(std::move(held));
}

}  // namespace kimbap::store::sqlite
