#include "base/secret.hpp"

#include <openssl/crypto.h>

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
