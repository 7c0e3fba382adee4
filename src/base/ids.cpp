#include "base/ids.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace kimbap {

void random_bytes(std::span<unsigned char> out) {
    if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
        throw std::runtime_error("the system's random generator is not available");
    }
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    random_bytes({reinterpret_cast<unsigned char*>(out.data()), out.size()});
    return out;
}

namespace {

/// In 1/1024 ms since the epoch, never the same twice.
std::uint64_t next_tick() {
    static std::atomic<std::uint64_t> last{0};
    const auto since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const std::uint64_t now = static_cast<std::uint64_t>(since_epoch.count()) * 1024 / 1000;
    std::uint64_t before = last.load(std::memory_order_relaxed);
    std::uint64_t tick = 0;
    do {
        tick = std::max(now, before + 1);
    } while (!last.compare_exchange_weak(before, tick, std::memory_order_relaxed));
    return tick;
}

/// Random bytes for identifiers, drawn a thread and a kilobyte at a time: OpenSSL's generator takes
/// a system call each time. Not for secrets: what is drawn ahead lies in plain memory.
class RandomPool {
public:
    std::span<const unsigned char> take(std::size_t count) {
        if (bytes_.size() - used_ < count) {
            random_bytes(bytes_);
            used_ = 0;
        }
        const auto out = std::span<const unsigned char>(bytes_).subspan(used_, count);
        used_ += count;
        return out;
    }

private:
    std::array<unsigned char, 1024> bytes_{};
    std::size_t used_ = bytes_.size();
};

}  // namespace

std::string new_id(std::string_view prefix) {
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    constexpr std::size_t time_digits = 12;
    constexpr std::size_t random_digits = 14;
    std::uint64_t time = next_tick();
    thread_local RandomPool pool;

    std::string id;
    id.reserve(prefix.size() + 27);
    id.append(prefix).push_back('_');
    const std::size_t start = id.size();
    id.append(time_digits, '0');
    for (std::size_t i = time_digits; i-- > 0; time >>= 5) id[start + i] = alphabet[time & 31U];
    for (const unsigned char byte : pool.take(random_digits)) id.push_back(alphabet[byte & 31U]);
    return id;
}

}  // namespace kimbap
