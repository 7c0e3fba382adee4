#include "store/sqlite/change_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace kimbap::store::sqlite {

namespace {

bool is_read_only(int error) {
    return error == EROFS || error == EACCES || error == EPERM;
}

Error failure(const std::string& path, int error) {
    const std::string mend = error == ENOSPC || error == EDQUOT
                                 ? " (the disk is full: free some space)"
                                 : " (check that data_dir is on a local disk)";
    return make_error(Errc::storage_failure, path + ": " + std::strerror(error) + mend);
}

}  // namespace

Result<std::unique_ptr<ChangeFile>> ChangeFile::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        if (is_read_only(errno)) return open_read_only(path);
        return failure(path, errno);
    }
    // Allocated, not just sized: writing to a hole of a mapped file on a full disk kills the
    // process.
    int error = ::posix_fallocate(fd, 0, sizeof(Page));
    void* memory = MAP_FAILED;
    if (error == 0) {
        memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = errno;
    }
    ::close(fd);
    if (memory == MAP_FAILED) return failure(path, error);
    return std::unique_ptr<ChangeFile>(new ChangeFile(static_cast<Page*>(memory)));
}

Result<std::unique_ptr<ChangeFile>> ChangeFile::open_read_only(const std::string& path) {
    void* memory = MAP_FAILED;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        struct stat status {};
        if (::fstat(fd, &status) == 0 && status.st_size >= static_cast<off_t>(sizeof(Page))) {
            memory = ::mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, fd, 0);
        }
        ::close(fd);
    }
    if (memory != MAP_FAILED) {
        return std::unique_ptr<ChangeFile>(new ChangeFile(static_cast<Page*>(memory)));
    }
    memory =
        ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return failure(path, errno);
    auto* const page = new (memory) Page{};
    for (auto& version : page->versions) version.store(1);
    return std::unique_ptr<ChangeFile>(new ChangeFile(page));
}

ChangeFile::~ChangeFile() {
    ::munmap(page_, sizeof(Page));
}

std::uint64_t ChangeFile::version(Topic topic) const noexcept {
    return page_->versions[static_cast<std::size_t>(topic)].load(std::memory_order_acquire);
}

Result<void> ChangeFile::announce(unsigned topics) noexcept {
    for (std::size_t i = 0; i < kTopicCount; ++i) {
        auto& version = page_->versions[i];
        const std::uint64_t now = version.load();
        const bool odd = now % 2 != 0;
        announced_[i] = 0;
        if (!odd && ((topics >> i) & 1U) == 0) continue;
        announced_[i] = now + (odd ? 2 : 1);
        version.store(announced_[i]);
    }
    return {};
}

void ChangeFile::settle() noexcept {
    for (std::size_t i = 0; i < kTopicCount; ++i) {
        std::uint64_t expected = announced_[i];
        if (expected == 0) continue;
        page_->versions[i].compare_exchange_strong(expected, expected + 1);
        announced_[i] = 0;
    }
}

}  // namespace kimbap::store::sqlite
