#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/failpoint.hpp"

/// What base/failpoint.hpp leaves open, for the executable that fault tests run instead of kimbap.
namespace kimbap {

/// KIMBAP_FAILPOINT names the point at which the process kills itself: no destructor, no flush.
void failpoint(std::string_view name) noexcept {
    static const char* const wanted = std::getenv("KIMBAP_FAILPOINT");
    if (wanted != nullptr && name == wanted) ::kill(::getpid(), SIGKILL);
}

/// KIMBAP_CLOCK_SKEW names a file that holds milliseconds; the clock jumps as it is rewritten.
std::chrono::microseconds clock_skew() noexcept {
    static const char* const file = std::getenv("KIMBAP_CLOCK_SKEW");
    if (file == nullptr) return {};
    std::ifstream in(file);
    std::int64_t milliseconds = 0;
    in >> milliseconds;
    return std::chrono::milliseconds(milliseconds);
}

}  // namespace kimbap
