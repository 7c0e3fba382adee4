#include "vault/locked_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "base/secret.hpp"

namespace kimbap::vault {

/// The mapping and which of its slots are taken.
struct LockedBytes::Region {
    explicit Region(std::size_t wanted) {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        size = (std::max<std::size_t>(wanted, 1) + page - 1) / page * page;
        if (!map_secret() && !map_private()) throw std::bad_alloc();
        taken.resize(size / LockedArena::kSlot);
    }
    ~Region() {
        wipe(memory, size);
        ::munmap(memory, size);
    }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;

    bool map_secret() {
#ifdef SYS_memfd_secret
        const auto fd = static_cast<int>(::syscall(SYS_memfd_secret, O_CLOEXEC));
        if (fd < 0) return false;
        void* mapped = MAP_FAILED;
        if (::ftruncate(fd, static_cast<off_t>(size)) == 0) {
            mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        }
        ::close(fd);
        if (mapped == MAP_FAILED) return false;
        // The mapping is a shared one: a child would not get a copy but the very same memory.
        if (::madvise(mapped, size, MADV_DONTFORK) != 0) {
            ::munmap(mapped, size);
            return false;
        }
        memory = static_cast<std::uint8_t*>(mapped);
        protection = Protection::secret;
        return true;
#else
        return false;
#endif
    }

    bool map_private() {
        void* mapped =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) return false;
        memory = static_cast<std::uint8_t*>(mapped);
        ::madvise(memory, size, MADV_DONTDUMP);
        ::madvise(memory, size, MADV_WIPEONFORK);
        protection = ::mlock(memory, size) == 0 ? Protection::locked : Protection::unlocked;
        return true;
    }

    /// First run of `count` free slots, taken; or the number of slots where there is none.
    std::size_t take(std::size_t count) {
        const std::lock_guard lock(mutex);
        const auto found =
            std::search_n(taken.begin(), taken.end(), static_cast<long>(count), false);
        if (found == taken.end()) return taken.size();
        std::fill_n(found, count, true);
        return static_cast<std::size_t>(found - taken.begin());
    }

    void give_back(std::span<std::uint8_t> bytes) noexcept {
        wipe(bytes.data(), bytes.size());
        const auto first = static_cast<std::size_t>(bytes.data() - memory) / LockedArena::kSlot;
        const std::size_t count = (bytes.size() + LockedArena::kSlot - 1) / LockedArena::kSlot;
        const std::lock_guard lock(mutex);
        std::fill_n(taken.begin() + static_cast<long>(first), count, false);
    }

    std::uint8_t* memory = nullptr;
    std::size_t size = 0;
    Protection protection = Protection::unlocked;
    std::mutex mutex;
    std::vector<bool> taken;
};

LockedBytes::~LockedBytes() {
    if (region_) region_->give_back(bytes_);
}

LockedArena::LockedArena(std::size_t size) : region_(std::make_shared<LockedBytes::Region>(size)) {}

Result<LockedBytes> LockedArena::allocate(std::size_t size) {
    const std::size_t count = std::max<std::size_t>((size + kSlot - 1) / kSlot, 1);
    const std::size_t slot = region_->take(count);
    if (slot == region_->taken.size()) {
        return make_error(Errc::too_large, "the locked memory for keys is full");
    }
    LockedBytes bytes;
    bytes.region_ = region_;
    bytes.bytes_ = {region_->memory + slot * kSlot, size};
    return bytes;
}

Result<LockedBytes> LockedArena::store(std::string_view bytes) {
    Result<LockedBytes> copy = allocate(bytes.size());
    if (copy && !bytes.empty()) {
        std::memcpy(copy->bytes().data(), bytes.data(), bytes.size());
    }
    return copy;
}

Protection LockedArena::protection() const noexcept {
    return region_->protection;
}

}  // namespace kimbap::vault
