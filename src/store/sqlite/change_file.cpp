#include "store/sqlite/change_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kimbap::store::sqlite {

Result<std::unique_ptr<ChangeFile>> ChangeFile::open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EROFS && errno != EACCES) {
        return make_error(Errc::storage_failure, path + ": " + std::strerror(errno));
    }
    void* memory = MAP_FAILED;
    if (fd >= 0) {
        if (::ftruncate(fd, sizeof(Page)) == 0) {
            memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        }
        const int failure = errno;
        ::close(fd);
        if (memory == MAP_FAILED) {
            return make_error(Errc::storage_failure, path + ": " + std::strerror(failure));
        }
    } else {
        memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);
        if (memory == MAP_FAILED) {
            return make_error(Errc::storage_failure, path + ": " + std::strerror(errno));
        }
    }
    return std::unique_ptr<ChangeFile>(new ChangeFile(static_cast<Page*>(memory)));
}

ChangeFile::~ChangeFile() {
    ::munmap(page_, sizeof(Page));
}

std::uint64_t ChangeFile::version(Topic topic) const noexcept {
    return page_->versions[static_cast<std::size_t>(topic)].load(std::memory_order_acquire);
}

void ChangeFile::announce(unsigned topics) noexcept {
    for (std::size_t i = 0; i < kTopicCount; ++i) {
        auto& version = page_->versions[i];
        const std::uint64_t now = version.load();
        const bool odd = now % 2 != 0;
        announced_[i] = 0;
        if (!odd && ((topics >> i) & 1U) == 0) continue;
        announced_[i] = now + (odd ? 2 : 1);
        version.store(announced_[i]);
    }
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
