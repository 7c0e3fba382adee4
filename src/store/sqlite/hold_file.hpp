#pragma once

#include <memory>
#include <string>

#include "store/store.hpp"

namespace kimbap::store::sqlite {

/// As Store::try_hold, by an flock on the file at `path`, which is made where missing (0600), as is
/// its folder (0700), and stays.
Result<std::unique_ptr<Hold>> try_hold_file(const std::string& path);

}  // namespace kimbap::store::sqlite
