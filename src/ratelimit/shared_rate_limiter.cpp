#include "ratelimit/shared_rate_limiter.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/digest.hpp"

namespace kimbap::ratelimit {

namespace {

constexpr std::uint64_t kMagic = 0x6b696d6261707231;  // "kimbapr1"
/// What a caller is told to wait where the table has no room left or can't be locked.
constexpr std::chrono::milliseconds kFullWait{60'000};

}  // namespace

/// One allowance's use. All zero: free.
struct SharedRateLimiter::Slot {
    std::uint64_t high;  ///< 128 bits of the key's SHA-256.
    std::uint64_t low;
    std::int64_t expires;  ///< When nothing in it counts any longer; unix microseconds.
    std::int64_t head;  ///< Exact: the next entry to overwrite. Counted: the newest part's number.
    std::array<std::int64_t, kExact>
        entries;  ///< Exact: times. Counted: counts, by number mod kExact.
};

struct SharedRateLimiter::Page {
    std::uint64_t magic;
    std::uint64_t slot_size;
    std::array<std::uint64_t, 510> padding;
    std::array<Slot, kSlots> slots;
};

Result<std::unique_ptr<SharedRateLimiter>> SharedRateLimiter::open(const std::string& path) {
    const auto failed = [&](const char* what) {
        return make_error(Errc::storage_failure, path + ": " + what + ": " + std::strerror(errno) +
                                                     " (make the data directory writable)");
    };
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return failed("can't be opened");
    struct stat status {};
    if (::fstat(fd, &status) != 0 || (static_cast<std::size_t>(status.st_size) < sizeof(Page) &&
                                      ::ftruncate(fd, sizeof(Page)) != 0)) {
        const Error error = failed("can't be sized");
        ::close(fd);
        return error;
    }
    void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        const Error error = failed("can't be mapped");
        ::close(fd);
        return error;
    }
    auto* page = static_cast<Page*>(memory);
    std::unique_ptr<SharedRateLimiter> limiter(new SharedRateLimiter(fd, page));
    if (page->magic == 0) {
        page->slot_size = sizeof(Slot);
        page->magic = kMagic;
    }
    if (page->magic != kMagic || page->slot_size != sizeof(Slot)) {
        return make_error(Errc::corrupt, path +
                                             ": not a rate-limit file of this version (remove it: "
                                             "allowances start anew)");
    }
    return limiter;
}

SharedRateLimiter::~SharedRateLimiter() {
    ::munmap(page_, sizeof(Page));
    ::close(fd_);
}

bool SharedRateLimiter::lock(std::size_t stripe, bool exclusive) const {
    struct flock lock {};
    lock.l_type = exclusive ? F_WRLCK : F_UNLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(stripe);
    lock.l_len = 1;
    int done = 0;
    do {
        done = ::fcntl(fd_, F_OFD_SETLKW, &lock);
    } while (done != 0 && errno == EINTR);
    return done == 0;
}

/// The key's slot among those of its stripe: its own, else the first free or run out.
SharedRateLimiter::Slot* SharedRateLimiter::find(std::uint64_t high, std::uint64_t low,
                                                 std::size_t stripe, std::int64_t now,
                                                 std::int64_t window) const {
    constexpr std::size_t per_stripe = kSlots / kStripes;
    Slot* const slots = page_->slots.data() + stripe * per_stripe;
    Slot* free = nullptr;
    for (std::size_t i = 0; i < kProbes; ++i) {
        Slot& slot = slots[(low + i) % per_stripe];
        if (slot.high == high && slot.low == low) return &slot;
        const bool over =
            slot.expires <= now || slot.expires > now + 2 * window + 31LL * 86'400'000'000;
        if (free == nullptr && ((slot.high == 0 && slot.low == 0) || over)) free = &slot;
        if (slot.high == 0 && slot.low == 0) break;
    }
    if (free != nullptr) {
        std::memset(static_cast<void*>(free), 0, sizeof(Slot));
        free->high = high;
        free->low = low;
    }
    return free;
}

std::chrono::milliseconds SharedRateLimiter::ask(std::string_view key,
                                                 const policy::RateLimit& limit, TimePoint when,
                                                 bool take) {
    const std::int64_t now = to_unix_micros(when);
    const std::int64_t window = std::chrono::microseconds(limit.window).count();
    std::string whole(key);
    whole += '\n' + std::to_string(limit.max_requests) + '/' + std::to_string(window);
    const Sha256 digest = sha256(whole);
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, digest.data(), 8);
    std::memcpy(&low, digest.data() + 8, 8);
    const std::size_t stripe = high % kStripes;

    const std::lock_guard guard(mutexes_[stripe]);
    if (!lock(stripe, true)) return kFullWait;
    struct Unlock {
        const SharedRateLimiter& limiter;
        std::size_t stripe;
        ~Unlock() { limiter.lock(stripe, false); }
    } const unlock{*this, stripe};

    Slot* slot = find(high, low, stripe, now, window);
    if (slot == nullptr) return kFullWait;
    const auto milliseconds = [](std::int64_t micros) {
        return std::chrono::milliseconds(std::max<std::int64_t>(1, (micros + 999) / 1000));
    };
    if (limit.max_requests <= kExact) {
        std::int64_t used = 0;
        std::int64_t oldest = now;
        for (std::int64_t& entry : slot->entries) {
            if (entry > now) entry = now;
            if (entry == 0 || entry <= now - window) continue;
            ++used;
            oldest = std::min(oldest, entry);
        }
        if (used >= static_cast<std::int64_t>(limit.max_requests)) {
            return milliseconds(oldest + window - now);
        }
        if (take) {
            slot->entries[static_cast<std::size_t>(slot->head) % kExact] = now;
            slot->head =
                static_cast<std::int64_t>((static_cast<std::size_t>(slot->head) + 1) % kExact);
            slot->expires = now + window;
        }
        return std::chrono::milliseconds{0};
    }
    // A part is counted until all of it has left the window: kExact - 1 whole parts make a window.
    constexpr auto parts = static_cast<std::int64_t>(kExact);
    const std::int64_t length = std::max<std::int64_t>(1, (window + parts - 2) / (parts - 1));
    const std::int64_t part = now / length;
    if (slot->head > part) slot->head = part;  // the clock was set back
    for (std::int64_t i = slot->head + 1; i <= part && i <= slot->head + parts; ++i) {
        slot->entries[static_cast<std::size_t>(i % parts)] = 0;
    }
    slot->head = part;
    std::int64_t used = 0;
    std::int64_t oldest = part;
    for (std::int64_t i = part; i > part - parts && i >= 0; --i) {
        const std::int64_t count = slot->entries[static_cast<std::size_t>(i % parts)];
        used += count;
        if (count > 0) oldest = i;
    }
    if (used >= static_cast<std::int64_t>(limit.max_requests)) {
        return milliseconds((oldest + parts) * length - now);
    }
    if (take) {
        ++slot->entries[static_cast<std::size_t>(part % parts)];
        slot->expires = now + window + 2 * length;
    }
    return std::chrono::milliseconds{0};
}

}  // namespace kimbap::ratelimit
