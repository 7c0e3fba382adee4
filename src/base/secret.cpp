#include "base/secret.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace kimbap {

void wipe(void* data, std::size_t size) noexcept {
    if (data != nullptr && size != 0) OPENSSL_cleanse(data, size);
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
