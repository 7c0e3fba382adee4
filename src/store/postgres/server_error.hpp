#pragma once

#include <string>
#include <string_view>

namespace kimbap::store::postgres {

/// What a server or libpq says, on one line, and the mend where there is one. `state` is the
/// SQLSTATE; "" for what libpq says by itself: then `message` may say the same several times, once
/// for each way that it tried to connect, and its first line is taken.
[[nodiscard]] std::string explained(std::string_view state, std::string_view message);

}  // namespace kimbap::store::postgres
