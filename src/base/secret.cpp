#include "base/secret.hpp"

#include <openssl/crypto.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstring>
#include <utility>

namespace kimbap {

namespace {

#if defined(__x86_64__)
__attribute__((target("avx"))) void clear_ymm() noexcept {
    _mm256_zeroall();
}

/// memcpy uses the upper half where the processor has it.
__attribute__((target("avx512f"))) void clear_upper_zmm() noexcept {
    // clang-format off
    asm volatile(
        "vpxord %%zmm16, %%zmm16, %%zmm16\n vpxord %%zmm17, %%zmm17, %%zmm17\n"
        "vpxord %%zmm18, %%zmm18, %%zmm18\n vpxord %%zmm19, %%zmm19, %%zmm19\n"
        "vpxord %%zmm20, %%zmm20, %%zmm20\n vpxord %%zmm21, %%zmm21, %%zmm21\n"
        "vpxord %%zmm22, %%zmm22, %%zmm22\n vpxord %%zmm23, %%zmm23, %%zmm23\n"
        "vpxord %%zmm24, %%zmm24, %%zmm24\n vpxord %%zmm25, %%zmm25, %%zmm25\n"
        "vpxord %%zmm26, %%zmm26, %%zmm26\n vpxord %%zmm27, %%zmm27, %%zmm27\n"
        "vpxord %%zmm28, %%zmm28, %%zmm28\n vpxord %%zmm29, %%zmm29, %%zmm29\n"
        "vpxord %%zmm30, %%zmm30, %%zmm30\n vpxord %%zmm31, %%zmm31, %%zmm31\n"
        ::: "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24",
            "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
    // clang-format on
}
#endif

/// What copied a secret leaves its last bytes in a vector register, where they stay until a longer
/// copy comes along, and are saved with a core dump.
void clear_vector_registers() noexcept {
#if defined(__x86_64__)
    static const bool has_avx = __builtin_cpu_supports("avx") != 0;
    static const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0;
    if (has_avx) clear_ymm();
    if (has_avx512) clear_upper_zmm();
#endif
}

}  // namespace

void wipe(void* data, std::size_t size) noexcept {
    if (data == nullptr || size == 0) return;
    OPENSSL_cleanse(data, size);
    clear_vector_registers();
}

Secret::Secret(std::string_view bytes) {
    if (bytes.empty()) return;
    data_ = new char[bytes.size()];
    size_ = bytes.size();
    std::memcpy(data_, bytes.data(), size_);
}

Secret Secret::take(std::string& bytes) {
    Secret taken{std::string_view(bytes)};
    wipe(bytes.data(), bytes.size());
    bytes.clear();
    return taken;
}

Secret Secret::join(std::initializer_list<std::string_view> parts) {
    Secret joined;
    for (const std::string_view part : parts) joined.size_ += part.size();
    if (joined.size_ == 0) return joined;
    joined.data_ = new char[joined.size_];
    char* to = joined.data_;
    for (const std::string_view part : parts) to = std::copy(part.begin(), part.end(), to);
    return joined;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        clear();
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

Secret::~Secret() {
    clear();
}

void Secret::clear() noexcept {
    wipe(data_, size_);
    delete[] data_;
    data_ = nullptr;
    size_ = 0;
}

std::ostream& operator<<(std::ostream& out, const Secret& secret) {
    return out << "[secret of " << secret.size() << " bytes]";
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace kimbap
