#include "ratelimit/shared_rate_limiter.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/digest.hpp"

namespace kimbap::ratelimit {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMagic = 0x6b696d6261707231;  // "kimbapr1"
/// What a caller is told to wait where the table has no room left or can't be locked.
constexpr milliseconds kFullWait{60'000};

milliseconds at_least_one(std::int64_t micros) {
    return milliseconds(std::max<std::int64_t>(1, (micros + 999) / 1000));
}

std::size_t place(std::int64_t number) {
    return static_cast<std::size_t>(number) % SharedRateLimiter::kExact;
}

}  // namespace

/// One allowance's use. All zero: free.
struct SharedRateLimiter::Slot {
    std::uint64_t high;  ///< 128 bits of the key's SHA-256.
    std::uint64_t low;
    std::int64_t expires;  ///< When nothing in it counts any longer; unix microseconds.
    std::int64_t head;  ///< Exact: the next entry to overwrite. Counted: the newest part's number.
    std::array<std::int64_t, kExact>
        entries;  ///< Exact: times. Counted: counts, by number mod kExact.

    milliseconds ask_exact(std::int64_t limit, std::int64_t window, std::int64_t now, bool take);
    milliseconds ask_counted(std::int64_t limit, std::int64_t window, std::int64_t now, bool take);
    void turn_to(std::int64_t part, std::int64_t limit);
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
    // Cut off or of another version: what was used can't be known, so it is no file to go on with.
    const Error foreign = make_error(
        Errc::corrupt, path +
                           ": not a rate-limit file of this version, or cut off (remove it: "
                           "allowances start anew)");
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return failed("can't be opened");
    const auto refused = [&](const Error& error) {
        ::close(fd);
        return error;
    };
    struct stat status {};
    if (::fstat(fd, &status) != 0) return refused(failed("can't be read"));
    if (status.st_size != 0 && static_cast<std::size_t>(status.st_size) != sizeof(Page)) {
        return refused(foreign);
    }
    // The size at once, so that no other process sees part of it; then the room, as a write into a
    // hole on a full disk would end the process by SIGBUS.
    if (::ftruncate(fd, sizeof(Page)) != 0) return refused(failed("can't be sized"));
    errno = ::posix_fallocate(fd, 0, sizeof(Page));
    if (errno != 0) return refused(failed("can't be sized"));
    void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return refused(failed("can't be mapped"));
    auto* page = static_cast<Page*>(memory);
    std::unique_ptr<SharedRateLimiter> limiter(new SharedRateLimiter(fd, page));
    if (page->magic == 0) {
        page->slot_size = sizeof(Slot);
        page->magic = kMagic;
    }
    if (page->magic != kMagic || page->slot_size != sizeof(Slot)) return foreign;
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
    const auto allowed = static_cast<std::int64_t>(limit.max_requests);
    return limit.max_requests <= kExact ? slot->ask_exact(allowed, window, now, take)
                                        : slot->ask_counted(allowed, window, now, take);
}

milliseconds SharedRateLimiter::Slot::ask_exact(std::int64_t limit, std::int64_t window,
                                                std::int64_t now, bool take) {
    std::int64_t used = 0;
    std::int64_t oldest = now;
    for (std::int64_t& entry : entries) {
        if (entry > now) entry = now;  // the clock was set back
        if (entry == 0 || entry <= now - window) continue;
        ++used;
        oldest = std::min(oldest, entry);
    }
    if (used >= limit) return at_least_one(oldest + window - now);
    if (take) {
        entries[place(head)] = now;
        head = static_cast<std::int64_t>((place(head) + 1) % kExact);
        expires = now + window;
    }
    return milliseconds{0};
}

milliseconds SharedRateLimiter::Slot::ask_counted(std::int64_t limit, std::int64_t window,
                                                  std::int64_t now, bool take) {
    // A part is counted until all of it has left the window: kExact - 1 whole parts make a window.
    constexpr auto parts = static_cast<std::int64_t>(kExact);
    const std::int64_t length = std::max<std::int64_t>(1, (window + parts - 2) / (parts - 1));
    const std::int64_t part = now / length;
    turn_to(part, limit);
    std::int64_t used = 0;
    std::int64_t oldest = part;
    for (std::int64_t i = part; i > part - parts; --i) {
        const std::int64_t count = entries[place(i)];
        used += count;
        if (count > 0) oldest = i;
    }
    if (used >= limit) return at_least_one((oldest + parts) * length - now);
    if (take) {
        ++entries[place(part)];
        expires = now + window + 2 * length;
    }
    return milliseconds{0};
}

/// Makes `part` the newest: empties the parts that are new since the last one, and counts what was
/// made in parts to come (the clock was set back) as made in this.
void SharedRateLimiter::Slot::turn_to(std::int64_t part, std::int64_t limit) {
    constexpr auto parts = static_cast<std::int64_t>(kExact);
    for (std::int64_t& count : entries) count = std::clamp<std::int64_t>(count, 0, limit);
    if (head > part || head < 0) {
        const std::int64_t ahead = head < 0 ? parts : std::min(head - part, parts);
        const std::int64_t newest = head < 0 ? parts - 1 : head;
        std::int64_t early = 0;
        for (std::int64_t i = newest; i > newest - ahead; --i) {
            early += std::exchange(entries[place(i)], 0);
        }
        entries[place(part)] += early;
    } else if (head < part) {
        for (std::int64_t i = std::max(head + 1, part - parts + 1); i <= part; ++i) {
            entries[place(i)] = 0;
        }
    }
    head = part;
}

}  // namespace kimbap::ratelimit
