#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/task.hpp"
#include "base/error.hpp"

namespace kimbap::oauth {

/// One refresh that any number of coroutines wait for, on whatever threads.
class RefreshFlight {
public:
    /// Resumes on the awaiting coroutine's executor.
    static Task<Result<void>> landing(std::shared_ptr<RefreshFlight> flight);
    void land(Result<void> outcome);

private:
    std::mutex mutex_;
    std::optional<Result<void>> outcome_;
    std::vector<std::function<void()>> waiters_;
};

/// The refreshes under way in this process, one a connection. Thread-safe.
class RefreshFlights {
public:
    struct Joined {
        std::shared_ptr<RefreshFlight> flight;
        bool first = false;  ///< The caller must see to it that it lands.
    };
    [[nodiscard]] Joined join(const std::string& connection);
    void land(const std::string& connection, Result<void> outcome);

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<RefreshFlight>> under_way_;
};

}  // namespace kimbap::oauth
