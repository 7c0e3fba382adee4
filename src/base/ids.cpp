#include "base/ids.hpp"

#include <openssl/rand.h>

#include <array>
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

std::string new_id(std::string_view prefix) {
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    auto time = static_cast<std::uint64_t>(now.count());
    std::array<unsigned char, 16> random{};
    random_bytes(random);

    std::string id;
    id.reserve(prefix.size() + 27);
    id.append(prefix).push_back('_');
    const std::size_t start = id.size();
    id.append(10, '0');
    for (std::size_t i = 10; i-- > 0; time >>= 5) id[start + i] = alphabet[time & 31U];
    for (const unsigned char byte : random) id.push_back(alphabet[byte & 31U]);
    return id;
}

}  // namespace kimbap
