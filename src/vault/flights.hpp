#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/task.hpp"
#include "base/error.hpp"
#include "vault/record_cache.hpp"

namespace kimbap::vault {

/// One load of a record that any number of coroutines wait for, on whatever threads.
class Flight {
public:
    struct Landing {
        Result<OpenRecordPtr> record;
        /// Of Topic::secrets, loaded before the store was read: whoever asked when it was higher
        /// must ask again, or could get what was replaced before it asked.
        std::uint64_t version = 0;
    };

    /// Resumes on the awaiting coroutine's executor.
    static Task<Landing> landing(std::shared_ptr<Flight> flight);
    void land(Landing landing);

private:
    std::mutex mutex_;
    std::optional<Landing> landing_;
    std::vector<std::function<void()>> waiters_;
};

/// The flights under way, one a name. Thread-safe.
class Flights {
public:
    struct Joined {
        std::shared_ptr<Flight> flight;
        bool first = false;  ///< The caller must see to it that it lands.
    };
    [[nodiscard]] Joined join(const std::string& name);
    /// Ends the flight by this name: later callers start a new one.
    void land(const std::string& name, Flight::Landing landing);
    /// Blocks until none is under way.
    void wait_for_all();

private:
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t landing_ = 0;
    std::unordered_map<std::string, std::shared_ptr<Flight>> under_way_;
};

}  // namespace kimbap::vault
