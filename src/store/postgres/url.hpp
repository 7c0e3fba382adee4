#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace kimbap::store::postgres {

/// What libpq is told of a connection, in order: the last value of a name counts.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The parameters for `url` (postgresql://…), which comes last, as `dbname`. To another machine
/// they want a verified certificate (sslmode=verify-full, against the system's authorities), unless
/// the URL or PGSSLMODE says otherwise: libpq by itself would do without TLS where the server has
/// none. Errors: invalid_config for what is no URL, which is not repeated, as it may hold a
/// password; unavailable without libpq.
[[nodiscard]] Result<Parameters> parameters_of(const std::string& url);

/// Whether the URL holds a password.
[[nodiscard]] bool has_password(const std::string& url);

}  // namespace kimbap::store::postgres
