#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace kimbap {

/// Overwrites memory in a way the optimiser may not remove (OPENSSL_cleanse).
void wipe(void* data, std::size_t size) noexcept;

/// A secret in the clear: a credential, a bearer token, the vault secret.
///
/// Move-only, wiped on destruction and on move-from, and printed as its length, so that a secret
/// can't be copied, logged or formatted by accident. The bytes live on the heap and never in a
/// small-string buffer, so that moving leaves nothing behind. Not synchronised.
class Secret {
public:
    Secret() noexcept = default;
    /// Copies `bytes`. The caller remains responsible for wiping its own copy.
    explicit Secret(std::string_view bytes);
    /// Takes over the content of `bytes` and wipes it.
    static Secret take(std::string& bytes);
    /// Copies the parts one after the other, without a string in between that would have to be
    /// wiped.
    static Secret join(std::initializer_list<std::string_view> parts);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// The plain bytes; valid until this object changes or dies. Each use is a place to review.
    [[nodiscard]] std::string_view reveal() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// An explicit duplicate.
    [[nodiscard]] Secret clone() const { return Secret(reveal()); }

private:
    void clear() noexcept;

    char* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Prints "[secret of N bytes]".
std::ostream& operator<<(std::ostream& out, const Secret& secret);

/// Compares in time that depends on the lengths alone (CRYPTO_memcmp), so that a caller can't find
/// a token byte by byte from response times.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

}  // namespace kimbap
