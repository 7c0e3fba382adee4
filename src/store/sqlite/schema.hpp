#pragma once

#include "base/error.hpp"

namespace kimbap::store::sqlite {

class Connection;

/// Brings the schema up to this program's version, one numbered migration after the other, each in
/// a transaction of its own (PRAGMA user_version says how far it is). Errors: unsupported where the
/// file is newer than this program.
Result<void> migrate(Connection& connection);

}  // namespace kimbap::store::sqlite
