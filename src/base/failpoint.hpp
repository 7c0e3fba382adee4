#pragma once

#include <chrono>
#include <string_view>

namespace kimbap {

/// A place at which tests end the process, as a crash or a power cut would:
/// `failpoint("call.sending")`. Does nothing in kimbap itself. The tests' own executable defines
/// both functions of this header anew (tests/support/armed_failpoints.cpp); those here are weak, so
/// that its definitions win.
void failpoint(std::string_view name) noexcept;

/// What SystemClock is ahead of the system's clock: zero, but where tests let it jump.
[[nodiscard]] std::chrono::microseconds clock_skew() noexcept;

}  // namespace kimbap
