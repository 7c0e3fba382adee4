#pragma once

#include "base/error.hpp"

namespace kimbap::store::postgres {

class Connection;

/// Brings the database's schema `kimbap` up to this program's version, by numbered migrations.
/// Errors: storage_failure, unsupported for a schema that a newer kimbap made.
Result<void> migrate(Connection& connection);

}  // namespace kimbap::store::postgres
