#pragma once

#include "base/error.hpp"

namespace kimbap::store::sql {

/// The writer's side of a ChangeBoard, for one thread at a time.
class ChangeSignal {
public:
    /// In the transaction, before its commit: `topics` (a bit each) are about to change. Their
    /// versions are odd from now on. What can't be announced must not be committed.
    virtual Result<void> announce(unsigned topics) = 0;
    /// After the commit, or where it failed: what was announced is over.
    virtual void settle() noexcept = 0;

protected:
    ~ChangeSignal() = default;
};

}  // namespace kimbap::store::sql
