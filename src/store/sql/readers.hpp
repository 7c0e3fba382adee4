#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.hpp"
#include "store/sql/connection.hpp"
#include "store/store.hpp"

namespace kimbap::store::sql {

/// Connections for reading, a few of them kept open. Thread-safe.
class Readers {
public:
    /// Connections kept open. More may be open at a time: one a reading thread.
    static constexpr std::size_t kMaxIdle = 4;
    using Open = std::function<Result<std::unique_ptr<Connection>>()>;

    explicit Readers(Open open) : open_(std::move(open)) {}

    /// As Store::read.
    Result<void> read(const Read& work);

private:
    Result<std::unique_ptr<Connection>> borrow();

    const Open open_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace kimbap::store::sql
